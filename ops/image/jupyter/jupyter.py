import os

from jupyter_core.paths import jupyter_path
from notebook.auth.login import LoginHandler
from notebook.notebookapp import NotebookApp


class Gateway(LoginHandler):
    """The gateway sends the token along with every request of the browser. So the
    token says nothing about which page asked: the origin and the XSRF token are
    looked at as they are for a browser with a cookie."""

    @classmethod
    def is_token_authenticated(cls, handler):
        return False

    @classmethod
    def should_check_origin(cls, handler):
        return True


c.NotebookApp.login_handler_class = Gateway
# Kernels and terminals do not inherit the secret.
c.NotebookApp.token = os.environ.pop("NARU_SECRET")
c.NotebookApp.notebook_dir = os.environ["HOME"]
# The gateway passes on the name and the protocol that the browser used, so
# Jupyter's own check of the origin works behind it.
c.NotebookApp.allow_remote_access = True
c.NotebookApp.trust_xheaders = True
# Stopping is the portal's work.
c.NotebookApp.quit_button = False
c.NotebookApp.static_custom_path = [os.path.expanduser("~/.jupyter/custom"), "/usr/local/share/jupyter-custom"]

# Where Jupyter looks by itself. It would load all of IPython, as long as half of its own start, to find out the last folder of each.
ipython = os.environ.get("IPYTHONDIR", os.path.expanduser("~/.ipython"))
c.KernelSpecManager.kernel_dirs = jupyter_path("kernels") + [os.path.join(ipython, "kernels")]
NotebookApp.nbextensions_path = property(
    lambda self: self.extra_nbextensions_path + jupyter_path("nbextensions") + [os.path.join(ipython, "nbextensions")]
)
# For the start alone: see naru-app.
os.environ.pop("SETUPTOOLS_USE_DISTUTILS", None)
