"""What somebody would write otherwise: FastAPI on uvicorn, one script call a scan.

PUBLIC_KEY is 64 hexadecimal digits, REDIS_URL the same server's address as
zhenma's. Reads the compact form, checks its signature by OpenSSL, counts the scan
in Redis and answers in JSON; no permutation, no judge, no page.
"""

import base64
import binascii
import os
import time
from pathlib import Path

import redis.asyncio as redis
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import FastAPI

CHARACTERS = 122
KEY = Ed25519PublicKey.from_public_bytes(bytes.fromhex(os.environ["PUBLIC_KEY"]))
PRODUCT = {"name": "宋河粮液", "enterprise": "河南省宋河酒业股份有限公司", "lot": "20260301A1"}

app = FastAPI()
store = redis.from_url(os.environ["REDIS_URL"], max_connections=64)
count = store.register_script((Path(__file__).parent.parent / "scan.lua").read_text())


def not_genuine(reason: str) -> dict:
    return {"outcome": "not_genuine", "reasons": [{"code": reason}]}


@app.get("/{code}")
async def scan(code: str) -> dict:
    if len(code) != CHARACTERS:
        return not_genuine("malformed")
    try:
        raw = base64.b32decode(code + "======")
    except binascii.Error:
        return not_genuine("malformed")
    payload, signature = raw[:12], raw[12:]
    try:
        KEY.verify(signature, b"ZHENMA-CODE-1" + payload)
    except InvalidSignature:
        return not_genuine("bad_signature")
    now = int(time.time() * 1000)
    scans, first = await count(keys=[payload], args=[now])
    return {
        "outcome": "genuine" if scans == 1 else "seen_before",
        "serial": code[:20],
        "item": PRODUCT,
        "scans": {"count": scans, "first_at": int(first)},
    }
