"""Removes every session of the throw-away server, so that its end leaves no process behind."""

import os
import sys
import time

import requests

BASE = os.environ["LONGHOUSE_FUZZ_URL"]
DEADLINE_SECONDS = 60


def main():
    body = {"username": "admin", "password": os.environ["LONGHOUSE_FUZZ_PASSWORD"]}
    while (answer := requests.post(f"{BASE}/api/auth/login", json=body, timeout=60)).status_code == 429:
        time.sleep(int(answer.headers["retry-after"]))
    answer.raise_for_status()
    bearer = {"authorization": f"Bearer {answer.json()['accessToken']}"}
    end = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < end:
        sessions = requests.get(f"{BASE}/api/sessions?limit=200", headers=bearer, timeout=60).json()
        if sessions["total"] == 0:
            return
        for session in sessions["items"]:
            requests.delete(f"{BASE}/api/sessions/{session['id']}?force=true", headers=bearer, timeout=60)
        time.sleep(0.1)
    sys.exit("the sessions do not go")


main()
