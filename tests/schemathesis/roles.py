"""Runs schemathesis as each kind of person against one demo installation.

Every role gets an installation of its own, since an owner who is fuzzed closes
accounts. A finding is an answer of 500 or above, a status, media type, header
or body that the document does not name, a broken request that was taken, or a
protected route that answered without its credentials.
"""

import argparse
import http.cookiejar
import json
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

PASSWORD = "luyi-demo-2026"
# Who, and what of the surface is theirs to reach.
ROLES = {
    "nobody": ("", r"^/"),
    "songhe": ("key", r"^/api/"),
    "songhe-plan": ("key", r"^/api/"),
    "songhe-approve": ("key", r"^/api/"),
    "songhe-line": ("key", r"^/api/"),
    "songhe-quality": ("key", r"^/api/"),
    "songhe-sales": ("key", r"^/api/"),
    "zhiyuan": ("key", r"^/api/"),
    "county": ("session", r"^/(county|account)/"),
    "officer": ("session", r"^/(officer|account)/"),
    "owner-at-console": ("session", r"^/(enterprise|account)/"),
    "line-at-console": ("session", r"^/(enterprise|account)/"),
}
LOGINS = {"owner-at-console": "songhe", "line-at-console": "songhe-line"}
# What ends the very session or key that the run lives by.
NOT = r"sign-out|/end$|account/password|/close$|duties$|second-factor|/keys|/link$"
# Left out: `positive_data_acceptance` takes every rule that a schema cannot
# say (a lot that exists, a check digit) for a fault; `unsupported_method` asks
# for an Allow header at methods that HTTP does not have.
CHECKS_OUT = "positive_data_acceptance,unsupported_method"
# Whoever is not signed in is sent to sign in before anything is read.
NOBODY_OUT = ",negative_data_rejection"


class Demo:
    """A demo installation of one's own, stopped at the end."""

    def __init__(self, zhenma, folder):
        self.zhenma, self.folder = zhenma, folder
        out = open(folder / "server.log", "w")
        self.process = subprocess.Popen(
            [zhenma, "demo", "--data", folder / "data", "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE, stderr=out, text=True)
        self.codes = []
        for line in self.process.stdout:
            self.codes += re.findall(r"http://\S+/([0-9A-Z]{20,})$", line.strip())
            if line.startswith("ready "):
                self.address = line.split()[1]
                return
        raise SystemExit(f"the demo did not start: see {folder}/server.log")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def key(self, login):
        made = subprocess.run(
            [self.zhenma, "user", "key", login, "--json", "--data", self.folder / "data"],
            capture_output=True, text=True, check=True)
        return json.loads(made.stdout)["api_key"]

    def session(self, login, console):
        jar = http.cookiejar.CookieJar()
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        form = urllib.parse.urlencode({"login": login, "password": PASSWORD}).encode()
        browser.open(urllib.request.Request(
            f"{self.address}/{console}/sign-in", form, {"Origin": self.address}))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)

    def get(self, path, key):
        request = urllib.request.Request(
            self.address + path, headers={"Authorization": f"Bearer {key}"})
        return json.load(urllib.request.urlopen(request))


def real_values(demo):
    """Names of things that exist, so that more than 404 is tried."""
    key = demo.key("songhe")
    lists = {path: demo.get(f"/api/v1/{path}", key)
             for path in ("batches", "products", "orders", "recalls", "webhooks")}
    rows = [row for rows in lists.values() for row in (rows if isinstance(rows, list) else [])]
    ids = [row["id"] for row in rows if "id" in row] or ["01a21de9-0ee3-7998-b101-61eb4d578c1e"]
    return {
        "batch": [row["batch"] for row in lists["batches"]],
        "gtin": [row["gtin"] for row in lists["products"]],
        "lot": [row["lot"] for row in lists["batches"]],
        "uscc": sorted({row["enterprise"] for row in lists["batches"]}),
        "code": demo.codes,
        "serial": [code[:20] for code in demo.codes],
        "login": ["songhe-plan", "songhe-line", "zhiyuan", "officer"],
        "id": ids,
    }


def settings(values):
    lines = []
    for name, entries in values.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(entries)}"]
    lines.append("[parameters]")
    for name in values:
        lines.append(f'"path.{name}" = {{ dictionary = "{name}", probability = 0.8 }}')
    return "\n".join(lines) + "\n"


def run(role, zhenma, work, seconds):
    kind, paths = ROLES[role]
    folder = (work / role).resolve()
    folder.mkdir(parents=True)
    with Demo(zhenma, folder) as demo:
        (folder / "schemathesis.toml").write_text(settings(real_values(demo)))
        urllib.request.urlretrieve(f"{demo.address}/openapi.json", folder / "openapi.json")
        headers = []
        login = LOGINS.get(role, role)
        console = role if role in ("officer", "county") else "enterprise"
        if kind == "key":
            headers = ["-H", f"Authorization: Bearer {demo.key(login)}"]
        if kind == "session":
            headers = ["-H", f"Cookie: {demo.session(login, console)}", "-H", f"Origin: {demo.address}"]
        with open(folder / "report.txt", "w") as report:
            status = subprocess.run(
                [pathlib.Path(sys.executable).parent / "schemathesis", "--no-color",
                 "run", "openapi.json", "-u", demo.address, *headers,
                 "--include-path-regex", paths, "--exclude-path-regex", NOT,
                 "--exclude-checks", CHECKS_OUT + NOBODY_OUT * (not kind), "--phases", "examples,coverage,fuzzing",
                 "--max-time", str(seconds), "--continue-on-failure",
                 "--request-timeout", "30", "--warnings", "off"],
                cwd=folder, stdout=report, stderr=subprocess.STDOUT).returncode
        alive = demo.process.poll() is None
    text = (folder / "report.txt").read_text()
    tried = re.findall(r"^ *(\d+ generated.*)$", text, re.M)
    found = re.findall(r"^ +❌ (ST.*)$", text, re.M)
    print(f"{role}: {tried[-1] if tried else 'no summary'}; exit {status}"
          + ("" if alive else "; the server died") + "".join(f"\n  {one}" for one in found),
          flush=True)
    return status == 0 and alive


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zhenma", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, required=True, help="for each role")
    parser.add_argument("roles", nargs="*", default=list(ROLES))
    asked = parser.parse_args()
    unknown = set(asked.roles) - set(ROLES)
    if unknown:
        parser.error(f"no such role: {', '.join(unknown)}; there are {', '.join(ROLES)}")
    good = [run(role, asked.zhenma, asked.work, asked.seconds) for role in asked.roles]
    sys.exit(0 if all(good) else 1)


main()
