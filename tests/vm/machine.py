"""A virtual machine whose power can be cut: what it is made of, where that comes from, and its one disk.

Takes qemu from the path, or unpacks Debian's packages of it into the cache beside the system's own, which may be of another
version. The guest is Debian's cloud kernel and an initramfs of busybox and the program under test with its libraries; its
disk is a file with an ext4 file system and, behind it, one sector for what was promised. Knows nothing of ledgers.
"""

import atexit
import glob
import gzip
import os
import re
import select
import shutil
import signal
import subprocess
import time

MIB = 1 << 20
# The file system ends before the sector of the promise.
DISK_MIB, FS_MIB, PROMISE_AT = 64, 60, 62 * MIB
# A guest on an emulated processor boots in three seconds; a busy machine may need twenty times that.
PATIENCE_SECONDS = 180

MODULES = ["virtio_ring", "virtio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk"]

INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc p /proc; $b mount -t sysfs s /sys; $b mount -t devtmpfs d /dev
for m in {modules}; do [ -f /mod/$m.ko ] && $b insmod /mod/$m.ko; done
echo "BOOTED $($b cut -d' ' -f1 /proc/uptime)"
for w in $($b cat /proc/cmdline); do case $w in plant=*) export BINWIRE_PLANT=${{w#plant=}};; esac; done
$b mount -t ext4 /dev/vda /mnt || {{ echo "BROKEN the file system cannot be mounted"; $b poweroff -f; }}
if [ -d /mnt/state ]; then
    /bin/under-cut check /mnt/state $(/bin/under-cut promised /dev/vda {at}) || $b poweroff -f
fi
/bin/under-cut write /mnt/state /dev/vda {at}
echo "BROKEN the writer ended"
$b poweroff -f
"""


class Missing(Exception):
    """Something that this machine does not have and cannot get; the run is skipped by this name."""


def run(*args, **kwargs):
    done = subprocess.run(args, capture_output=True, text=True, **kwargs)
    if done.returncode:
        raise Missing(f"{' '.join(args[:4])} …: {done.stderr.strip().splitlines()[-1:] or done.returncode}")
    return done.stdout


def packages():
    """Debian's names of what is missing, each with its version."""
    wanted = []
    if not shutil.which("qemu-system-x86_64"):
        install = ["apt-get", "install", "-s", "--no-install-recommends", "--allow-downgrades", "qemu-system-x86"]
        try:
            plan = run(*install)
        except Missing:
            # Tools of a newer qemu are installed here: only for the plan, they would have to go back with it.
            policy = run("apt-cache", "policy", "qemu-system-x86")
            version = re.search(r"Candidate: (\S+)", policy)
            if not version:
                raise Missing("qemu-system-x86 is not in the package lists") from None
            plan = run(*install, f"qemu-utils={version[1]}")
        found = re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", plan, re.M)
        wanted += [f"{name}={version}" for name, version in found if name != "qemu-utils"]
    depends = run("apt-cache", "depends", "linux-image-cloud-amd64")
    kernel = re.search(r"Depends: (linux-image-\S+)", depends)
    if not kernel:
        raise Missing("no linux-image-cloud-amd64 in the package lists")
    return wanted + [kernel[1], "busybox-static"]


def fetched(cache):
    """The folder with qemu, kernel and busybox, filled when it is not."""
    root = os.path.join(cache, "root")
    if os.path.exists(os.path.join(cache, "whole")):
        return root
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        raise Missing("no apt-get and dpkg to fetch a virtual machine with")
    debs = os.path.join(cache, "debs")
    shutil.rmtree(debs, ignore_errors=True)
    os.makedirs(debs)
    # Lists may be missing or old; where they cannot be had, what is known is tried.
    if os.geteuid() == 0:
        subprocess.run(["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", "update"], capture_output=True)
    run("apt-get", "download", *packages(), cwd=debs)
    shutil.rmtree(root, ignore_errors=True)
    for deb in sorted(glob.glob(debs + "/*.deb")):
        run("dpkg", "-x", deb, root)
    open(os.path.join(cache, "whole"), "w").close()
    return root


def cpio(files):
    """A "newc" archive of (name, mode, bytes)."""
    out = bytearray()
    for number, (name, mode, body) in enumerate(files + [("TRAILER!!!", 0, b"")], 1):
        fields = [number, mode, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(name) + 1, 0]
        out += b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
        out += b"\0" * (-len(out) % 4) + body
        out += b"\0" * (-len(out) % 4)
    return bytes(out)


def libraries(program):
    """The shared libraries of a program, as (path in the guest, path here)."""
    for line in run("ldd", program).splitlines():
        found = re.search(r"(/\S+) \(0x", line)
        if found:
            yield found[1].lstrip("/"), found[1]


class Machine:
    def __init__(self, cache, program, work):
        root = fetched(cache)
        self.work = work
        kernels = sorted(glob.glob(root + "/boot/vmlinuz-*"))
        self.kernel = kernels[-1]
        version = os.path.basename(self.kernel).removeprefix("vmlinuz-")
        self.environment = dict(os.environ)
        self.qemu = ["qemu-system-x86_64"]
        if os.path.exists(root + "/usr/bin/qemu-system-x86_64"):
            libs = [root + "/usr/lib/x86_64-linux-gnu", root + "/lib/x86_64-linux-gnu"]
            self.environment["LD_LIBRARY_PATH"] = ":".join(libs)
            self.qemu = [root + "/usr/bin/qemu-system-x86_64", "-L", root + "/usr/share/qemu"]
            self.qemu += ["-L", root + "/usr/share/seabios"]
        lean = os.path.join(work, "under-cut")
        shutil.copy(program, lean)
        run("strip", "-s", lean)
        self.initramfs = os.path.join(work, "initramfs.gz")
        folders = "bin mod proc sys dev mnt lib lib64 lib/x86_64-linux-gnu usr usr/lib usr/lib/x86_64-linux-gnu".split()
        files = [(folder, 0o40755, b"") for folder in folders]
        def add(name, path):
            with open(path, "rb") as file:
                files.append((name, 0o100755, file.read()))
        add("bin/busybox", next(path for path in [root + "/bin/busybox", root + "/usr/bin/busybox"] if os.path.exists(path)))
        add("bin/under-cut", lean)
        for name, path in libraries(program):
            add(name, path)
        for module in MODULES:
            for path in glob.glob(f"{root}/*lib/modules/{version}/**/{module}.ko", recursive=True) + glob.glob(
                f"{root}/usr/lib/modules/{version}/**/{module}.ko", recursive=True
            ):
                add(f"mod/{module}.ko", path)
        init = INIT.format(modules=" ".join(MODULES), at=PROMISE_AT)
        files.append(("init", 0o100755, init.encode()))
        with gzip.open(self.initramfs, "wb", compresslevel=1) as out:
            out.write(cpio(files))

    def disk(self, name):
        """A new disk with an empty file system."""
        path = os.path.join(self.work, name)
        with open(path, "wb") as file:
            file.truncate(DISK_MIB * MIB)
        mkfs = shutil.which("mkfs.ext4") or "/usr/sbin/mkfs.ext4"
        if not os.path.exists(mkfs):
            raise Missing("no mkfs.ext4 (package e2fsprogs)")
        run(mkfs, "-q", "-F", "-m", "0", "-b", "4096", path, str(FS_MIB * MIB // 4096))
        return path

    def boot(self, disk, log=None, plant=""):
        """Starts the guest on a disk; with `log`, every write and flush of the disk is written there in order."""
        args = [*self.qemu, "-accel", "tcg", "-cpu", "max", "-m", "256", "-nographic", "-no-reboot", "-nic", "none"]
        args += ["-monitor", "none", "-serial", "stdio", "-kernel", self.kernel, "-initrd", self.initramfs]
        args += ["-append", f"console=ttyS0 quiet panic=-1 no_timer_check plant={plant}"]
        if log:
            open(log, "wb").close()
            args += ["-blockdev", f"driver=file,node-name=f0,filename={disk}"]
            args += ["-blockdev", f"driver=file,node-name=l0,filename={log}"]
            args += ["-blockdev", "driver=blklogwrites,node-name=b0,file=f0,log=l0,log-super-update-interval=1"]
            args += ["-device", "virtio-blk-pci,drive=b0,write-cache=on"]
        else:
            args += ["-drive", f"file={disk},format=raw,if=none,id=d0,cache=writeback"]
            args += ["-device", "virtio-blk-pci,drive=d0"]
        return Guest(args, self.environment)


class Guest:
    """A running machine and what it says."""

    def __init__(self, args, environment):
        self.process = subprocess.Popen(
            args, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.rest, self.said, self.promised = b"", [], 0
        # Nobody else would end it where this run is ended.
        atexit.register(self.process.kill)

    def listen(self, until, patience=PATIENCE_SECONDS):
        """Reads lines until `until(line)` says so; whether it did before the guest ended or the time was over."""
        end = time.monotonic() + patience
        while True:
            while b"\n" in self.rest:
                line, self.rest = self.rest.split(b"\n", 1)
                line = line.decode(errors="replace").strip()
                if line.startswith("ACK "):
                    self.promised = int(line[4:])
                elif line:
                    self.said = self.said[-40:] + [line]
                if until(line):
                    return True
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return False
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                return False
            self.rest += more

    def cut(self):
        """Cuts the power: the machine's memory is gone, the disk has what it took."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        # What was on the line when the power went has been said.
        self.listen(lambda line: False, patience=5)
        self.process.stdout.close()
        atexit.unregister(self.process.kill)
