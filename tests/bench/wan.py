"""What one batch weighs on the WAN where the data look like a real day: the events of anchors/wire.py (a seed each run can repeat, random
ids, jittered times) through the real agent. usage: wan.py AGENT COUNT; prints the bytes of the body per movement.

The hub is away while they are recorded and comes when they are waiting, so that they leave as one batch.
"""
import http.server, json, os, random, socket, subprocess, sys, tempfile, threading, time, uuid

import paho.mqtt.client as mqtt
import zstandard

AGENT, COUNT, SEED = sys.argv[1], int(sys.argv[2]), 7
HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 60.0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def events():
    rnd = random.Random(SEED)
    skus = [("%014d" % (5012345000000 + rnd.randrange(10**6)), "bin-%02d-%02d" % (k // 12, k % 12)) for k in range(180)]
    at, made = 1793520000000, []
    for _ in range(COUNT):
        at += int(rnd.expovariate(1 / 4000)) + 1
        gtin, bin_ = skus[min(179, int(rnd.paretovariate(0.8)) - 1)]
        made.append(dict(
            id=str(uuid.UUID(bytes=rnd.randbytes(16))), bin=bin_, gtin=gtin,
            kind=rnd.choices(["consume", "receive", "scrap", "return"], [90, 4, 4, 2])[0], qty=rnd.choice([1, 1, 1, 1, 2, 2, 5, 10]),
            device="scan-%02d" % rnd.randrange(8), operator="op-%03d" % rnd.randrange(12), lot="L%05d" % rnd.randrange(60),
            order="WO-%07d" % (1000000 + rnd.randrange(200)),
            observed_at=time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at / 1e3)) + ".%03dZ" % (at % 1000)))
    return sorted({gtin for gtin, _ in skus}), made


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bodies = []

    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        batch = json.loads(zstandard.ZstdDecompressor().decompressobj().decompress(body))
        records = batch.get("records", [])
        through = batch["first_seq"] + len(records) - 1
        self.bodies.append((len(body), sum(record["type"] == "movement" for record in records)))
        answer = json.dumps({"epoch": batch["epoch"], "through": through, "refused": [], "window": 1}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def main():
    items, made = events()
    folder = tempfile.mkdtemp(prefix="binwire-wan-")
    mqtt_port, http_port = free_port(), free_port()
    config = os.path.join(folder, "agent.toml")
    with open(os.path.join(HERE, "agent.toml")) as template, open(config, "w") as site:
        text = template.read().replace("{dir}", folder).replace("{mqtt_port}", str(mqtt_port)).replace("{http_port}", str(http_port))
        site.write(text + "".join('\n[[item]]\ncode = "%s"\nfeed = "acme"\n' % item for item in items))
    with open(os.path.join(folder, "broker.conf"), "w") as conf:
        conf.write("listener %d 127.0.0.1\nallow_anonymous true\n" % mqtt_port)
    broker = subprocess.Popen(["mosquitto", "-c", conf.name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    log = open(os.path.join(folder, "log"), "wb")
    agent = subprocess.Popen([AGENT, "run", "--config", config], stdout=log, stderr=log)
    try:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        wait_for(lambda: b"broker connected" in open(log.name, "rb").read(), "the agent at its broker")
        client.connect("127.0.0.1", mqtt_port)
        client.loop_start()
        sent = [client.publish("site/SITE-0042/usage", json.dumps(event), qos=1) for event in made]
        for message in sent:
            message.wait_for_publish(PATIENCE)
        ask = [AGENT, "status", "--config", config, "--json"]
        recorded = lambda: ('"recorded":%d' % COUNT) in subprocess.run(ask, capture_output=True, text=True).stdout.replace(" ", "")
        wait_for(recorded, "%d movements recorded" % COUNT)
        hub = http.server.HTTPServer(("127.0.0.1", http_port), Hub)
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        wait_for(lambda: sum(movements for _, movements in Hub.bodies) >= COUNT, "the hub to have them")
        client.loop_stop()
    finally:
        agent.terminate()
        broker.terminate()
    print("%.1f (%d batches)" % (sum(size for size, _ in Hub.bodies) / COUNT, len(Hub.bodies)))


def wait_for(is_so, what):
    end = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > end:
            sys.exit("waited in vain for " + what)
        time.sleep(0.05)


if __name__ == "__main__":
    main()
