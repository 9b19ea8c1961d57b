import os

# Kernels and terminals do not inherit the secret.
c.NotebookApp.token = os.environ.pop("NARU_SECRET")
c.NotebookApp.notebook_dir = os.environ["HOME"]
# The gateway passes on the name and the protocol that the browser used, so
# Jupyter's own check of the origin works behind it.
c.NotebookApp.allow_remote_access = True
c.NotebookApp.trust_xheaders = True
# Stopping is the portal's work.
c.NotebookApp.quit_button = False
