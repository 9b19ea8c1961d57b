import os

from notebook.auth.login import LoginHandler


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
