"""For websockify: who shows the secret may come in. The gateway sends it along with
every request of a browser, so a page of somebody else is told by its origin."""
import base64
import hmac
import os
from urllib.parse import urlsplit

from websockify.auth_plugins import AuthenticationError

WANTED = "Basic " + base64.b64encode(b"naru:" + os.environ.pop("NARU_SECRET").encode()).decode()


class Secret:
    def __init__(self, src=None):
        pass

    def authenticate(self, headers, target_host, target_port):
        if not hmac.compare_digest(headers.get("Authorization", "").encode(), WANTED.encode()):
            raise AuthenticationError(response_code=401, response_headers={"WWW-Authenticate": 'Basic realm="desktop"'})
        origin = headers.get("Origin")
        if origin and urlsplit(origin).netloc.lower() != headers.get("Host", "").lower():
            raise AuthenticationError(response_code=403)
