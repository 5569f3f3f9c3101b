"""What schemathesis is told about Longhouse: how to log in, and which objects there are.

Random identifiers meet nothing but "not found". Most of them are replaced here by names of sessions and terminals that exist, and
what the run deletes is made again, so that the calls reach what lies behind.
"""

import os
import re
import time
import zlib

import requests
import schemathesis

BASE = os.environ["LONGHOUSE_FUZZ_URL"]
PASSWORD = os.environ["LONGHOUSE_FUZZ_PASSWORD"]
SESSIONS = ["fuzz-1", "fuzz-2", "fuzz-3"]
TERMINALS = ["agent", "manual"]
# After so many calls it is looked whether the sessions are still there.
LOOK_EVERY = 200
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-")


class Login:
    """The login of the whole run. It is renewed when a call ended it: a logout is one of the operations that are tried."""

    token = None
    own_names = ()
    calls = 0

    def get(self):
        self.calls += 1
        while self.token is None:
            answer = requests.post(
                f"{BASE}/api/auth/login", json={"username": "admin", "password": PASSWORD}, timeout=60
            )
            if answer.status_code == 429:
                # Made-up logins have used up what an address may try.
                time.sleep(int(answer.headers["retry-after"]))
                continue
            answer.raise_for_status()
            said = answer.json()
            self.token, self.own_names = said["accessToken"], ("admin", said["user"]["id"])
        if self.calls % LOOK_EVERY == 1:
            self.make_sessions()
        return self.token

    def doubt(self):
        """Something answered 401. A wrong password does not mean that the login is over."""
        bearer = {"authorization": f"Bearer {self.token}"}
        if not requests.get(f"{BASE}/api/auth/me", headers=bearer, timeout=60).ok:
            self.token = None

    def make_sessions(self):
        bearer = {"authorization": f"Bearer {self.token}"}
        for name in SESSIONS:
            there = requests.get(f"{BASE}/api/sessions/{name}", headers=bearer, timeout=60)
            if there.status_code == 404:
                body = {"name": name, "agent": "shell", "multiplexer": "none"}
                requests.post(f"{BASE}/api/sessions", json=body, headers=bearer, timeout=60)
            elif there.ok and there.json()["status"] in ("stopped", "error"):
                requests.post(f"{BASE}/api/sessions/{name}/start", json={}, headers=bearer, timeout=60)


LOGIN = Login()


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code == 401:
        LOGIN.doubt()


@schemathesis.hook
def before_call(context, case, kwargs):
    path, query, named = case.operation.path, case.query or {}, case.path_parameters or {}
    if path == "/api/auth/logout":
        # Each would end the run's own login, and there are only so many in a minute.
        return
    # In place of a made-up one: what a forged token meets is tested elsewhere, and meets nothing behind the door.
    case.headers["Authorization"] = f"Bearer {LOGIN.get()}"
    # A log that is followed has no end, and would be waited for until the time is over.
    query.pop("follow", None)
    replace(query, "session", SESSIONS)
    if "/sessions/" in path:
        replace(named, "id", SESSIONS)
        replace(named, "name", TERMINALS)
    if isinstance(case.body, dict) and (
        path == "/api/containers" or case.body.get("runtime") in ("docker", "kubernetes")
    ):
        # 503 is what the contract says for an engine that is away, and here there is none.
        case.body["runtime"] = "host"
    if path.startswith("/api/users/") and named.get("id") in LOGIN.own_names:
        # Without its account the run would meet closed doors from then on.
        named["id"] = "somebody"


def replace(parameters, name, known):
    """Puts one of the known values in place of most made-up ones. What an earlier call answered is taken as it is."""
    value = parameters.get(name)
    if value is None or IDENTIFIER.match(str(value)) or str(value).startswith("terminal-"):
        return
    # The choice follows from the value, so that a seed gives the same run again.
    digest = zlib.crc32(repr(value).encode("utf-8", "surrogatepass"))
    if digest % 5 != 0:
        parameters[name] = known[digest // 5 % len(known)]
