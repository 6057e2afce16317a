"""Checks this bundle without whoever made it: python verify.py [heads.txt], the list that /record/heads.txt publishes."""

import json
import pathlib
import sys
from hashlib import sha256

HERE = pathlib.Path(__file__).resolve().parent


def need(truth, otherwise):
    if not truth:
        raise ValueError(otherwise)


def event_of(proof):  # RFC 9162: the event's leaf, up to the root of its batch, then the head over it
    node = sha256(b"\0" + proof["record"].encode()).digest()
    place, last = proof["position"], proof["count"] - 1
    for step in map(bytes.fromhex, proof["path"]):
        if place % 2 or place == last:
            node = sha256(b"\1" + step + node).digest()
            while place and place % 2 == 0:
                place, last = place // 2, last // 2
        else:
            node = sha256(b"\1" + node + step).digest()
        place, last = place // 2, last // 2
    parts = [str(proof["number"]).encode(), str(proof["count"]).encode(), node]
    parts += [bytes.fromhex(proof["previous"]), proof["sealed_at"].encode()]
    head = sha256(b"\2" + b"".join(len(part).to_bytes(4, "big") + part for part in parts)).hexdigest()
    need(last == 0 and head == proof["head"], "its event is not in the sealed record")
    need(len(sys.argv) < 2 or head in pathlib.Path(sys.argv[1]).read_text().split(), "head not in your list")
    return json.loads(proof["record"])


now = "manifest.json"
try:
    manifest = json.loads((HERE / now).read_bytes())
    files, export = manifest["files"], event_of(manifest["export"])
    listed = [{key: file[key] for key in sorted(file) if key != "proof"} for file in files]
    found = [manifest["complaint"], sha256(json.dumps(listed).encode()).hexdigest()]
    need(found == [export["about_ref"], export["data"]["listed_sha256"]], "not the list that was exported")
    for file in files:
        now = file["path"]
        data = (HERE / now).read_bytes()
        event, found = event_of(file["proof"]), [file["ref"], sha256(data).hexdigest(), len(data)]
        need(found == [file["ref"], file["sha256"], file["size"]], "not as listed")
        need(
            found == [event["about_ref"], event["data"]["sha256"], event["data"]["size"]], "not as handed in"
        )
    now, before = "custody.json", ""
    custody = (HERE / now).read_bytes()
    need(sha256(custody).hexdigest() == export["data"]["custody_sha256"], "not the log that was exported")
    for line in [line for lines in json.loads(custody).values() for line in lines]:
        need(json.loads(line)["previous"] in {"", before}, "a row is missing")
        before = sha256(line.encode()).hexdigest()
    now, there = "the folder", [p for p in HERE.rglob("*") if p.is_file() and p.name != "heads.txt"]
    need(len(there) == len(files) + 4, f"a file too many: {sorted(p.name for p in there)}")
except (OSError, KeyError, ValueError, TypeError) as error:
    sys.exit(f"NOT VERIFIED {now}: {error!r}")
sys.stdout.write(f"VERIFIED {len(files)} files. Head: {manifest['export']['head']}\n")
