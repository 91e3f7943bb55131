"""A vendor's receiver for the benchmark: the feed protocol of docs/feed.md as a plugin of bench.py.

Checks what a receiver has to check (epoch, gap, fork, chain), keeps the newest links of the chain, and finds the benchmark's event in
each record. Records carry no event id: time, item, bin, quantity, device, operator, lot and order together are the event,
and every one of them is compared with what was published. In memory only, so there is nothing to commit before an answer.
"""
import hashlib, json, os

SKUS = [("0%012d" % (5012345000000 + 7 * k), "bin:bin-%02d-%02d" % (k // 12, k % 12)) for k in range(180)]
OPS, DEVS = ["op-%03d" % k for k in range(12)], ["scan-%02d" % k for k in range(8)]
LOTS, ORDERS = ["L%05d" % k for k in range(4000)], ["WO-%07d" % (1000000 + k) for k in range(900)]
HALF_DAY = 12 * 3600                      # payload() repeats its seconds after so many events
PERIODS = 64                              # so many times at most
WINDOW = int(os.environ.get("BINWIRE_BENCH_WINDOW", "8"))   # batches taken at once, as the hub has it
REPEATED = os.environ.get("BINWIRE_BENCH_REPEATED")   # a file that gets a line for each batch that came again
BETWEEN = b'},{"type":"'                  # no text of a record holds this: a quote in a text is escaped

LINKS_MAX = 20_000                        # links kept, for what comes again: more than all batches in flight

epochs, throughs = {}, {}                 # epoch -> seq -> link after it; epoch -> the last seq
nearest = 0                               # the period that the newest event was of


def event(record):
    """The benchmark's seq that this record is the movement of, or None."""
    global nearest
    at = record["at"]
    base = (int(at[11:13]) - 6) * 3600 + int(at[14:16]) * 60 + int(at[17:19])
    millis, lot = int(at[20:23]), record["lot"]
    for k in (nearest, nearest + 1, *range(PERIODS)):
        seq = base + k * HALF_DAY
        r = (seq * 2654435761) & 0xFFFFFFFF
        if r % 1000 == millis and LOTS[r % 4000] == lot:
            item, bin_ = SKUS[r % 180]
            if (record["item"] == item and record["from"] == bin_ and record["qty"] == 1 + r % 9 and record["to"] == "used"
                    and record["by"] == DEVS[(r >> 8) % 8] and record["actor"] == OPS[(r >> 12) % 12]
                    and record["ref"] == ORDERS[r % 900]):
                nearest = k
                return seq
    return None


def texts(body):
    """Each record's exact text: what the chain runs over."""
    start = body.index(b'"records":[') + len(b'"records":[')
    inner = body[start:body.rindex(b"]")]
    parts = inner.split(BETWEEN)
    last = len(parts) - 1
    return [(b'{"type":"' if i else b"") + part + (b"}" if i < last else b"") for i, part in enumerate(parts)] if inner else []


def handle(method, path, headers, body):
    try:
        batch = json.loads(body)
        first, epoch, records = batch["first_seq"], batch["epoch"], batch["records"]
    except (ValueError, KeyError) as error:
        return answer(400, {"code": "bad_batch", "detail": repr(error)})
    if epoch not in epochs:
        epochs[epoch] = {0: hashlib.sha256(epoch.encode()).digest()}
        throughs[epoch] = 0
    links, through = epochs[epoch], throughs[epoch]
    if first > through + 1:
        return answer(409, {"code": "gap", "expected": through + 1})
    link = links.get(first - 1)
    if link is None:
        raise SystemExit("records are sent again that were acknowledged %d records ago" % (through - first))
    if batch["prev"] != link.hex():
        return answer(409, {"code": "fork", "seq": first - 1})
    sha256, after = hashlib.sha256, []
    for text in texts(body):
        link = sha256(link + text).digest()
        after.append(link)
    if batch["head"] != link.hex():
        return answer(400, {"code": "bad_chain"})
    for seq, link in enumerate(after, first):
        if seq <= through and links[seq] != link:
            return answer(409, {"code": "fork", "seq": seq})
        links[seq] = link
        links.pop(seq - LINKS_MAX, None)
    last = first + len(records) - 1
    throughs[epoch] = max(through, last)
    # What was known before is acknowledged again and is no arrival.
    fresh = records[max(0, through + 1 - first):]
    seqs = [event(record) for record in fresh if record["type"] == "movement"]
    if None in seqs:
        raise SystemExit("a movement is no event of the benchmark: %r" % fresh[seqs.index(None)])
    if len(fresh) < len(records) and REPEATED:
        with open(REPEATED, "a") as repeated:
            repeated.write("%d\n" % (len(records) - len(fresh)))
    return answer(200, {"epoch": epoch, "through": throughs[epoch], "refused": [], "window": WINDOW}, seqs)


def answer(status, body, seqs=()):
    return status, "", json.dumps(body).encode(), list(seqs)
