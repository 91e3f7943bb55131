//! What is plugged in: serial adapters, HID devices, keyboards; who made them and by which name they are best opened.
//!
//! Read from `/dev` and `/sys` directly, so that no udev library is needed and a test can lay out a tree of its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

/// One thing a device may hang on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plugged {
    pub kind: Kind,
    /// The kernel's name for it; changes from plug to plug.
    pub node: PathBuf,
    /// By maker, product and serial number. Two alike without serial numbers share one, and one of them goes without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_id: Option<PathBuf>,
    /// By the socket it is plugged into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_path: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Four hex digits each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usb_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Serial,
    Hid,
    Keyboard,
}

/// USB vendors of weighing scales with HID: Dymo, Stamps.com, Mettler-Toledo, Fairbanks.
const HID_SCALE_VENDORS: [&str; 4] = ["0922", "1446", "0eb8", "0b67"];

/// Everything under `root`, which is `/` but in tests.
#[must_use]
pub fn plugged(root: &Path) -> Vec<Plugged> {
    let mut found = Vec::new();
    for name in entries(&root.join("sys/class/tty")) {
        let device = root.join("sys/class/tty").join(&name).join("device");
        // Consoles and terminals have no device, and a board's empty UART has no driver worth a name.
        let is_line = name.starts_with("ttyUSB") || name.starts_with("ttyACM") || name.starts_with("ttyAMA");
        if device.exists() && (is_line || is_real_uart(&device, &name)) {
            found.push(Plugged::at(root, Kind::Serial, &name, &device, "dev/serial"));
        }
    }
    for name in entries(&root.join("sys/class/hidraw")) {
        let device = root.join("sys/class/hidraw").join(&name).join("device");
        let plugged = Plugged::at(root, Kind::Hid, &name, &device, "dev/hidraw");
        let vendor = plugged.usb_id.as_deref().and_then(|id| id.get(..4));
        if vendor.is_some_and(|vendor| HID_SCALE_VENDORS.contains(&vendor)) {
            found.push(plugged);
        }
    }
    for name in entries(&root.join("dev/input/by-id")) {
        if name.ends_with("-event-kbd") {
            found.extend(keyboard(root, &name));
        }
    }
    found.sort_by(|a, b| (a.kind, &a.node).cmp(&(b.kind, &b.node)));
    found
}

impl Plugged {
    /// The name to write into the site's file: one that stays.
    #[must_use]
    pub fn best_name(&self) -> &Path {
        self.by_id.as_ref().or(self.by_path.as_ref()).unwrap_or(&self.node)
    }

    fn at(root: &Path, kind: Kind, name: &str, device: &Path, links: &str) -> Self {
        let node = root.join("dev").join(name);
        let usb = fs::canonicalize(device).ok().and_then(|device| usb_device(&device));
        let read = |key: &str| usb.as_ref().and_then(|usb| text(&usb.join(key)));
        let driver = fs::canonicalize(device.join("driver")).ok();
        let usb_id = read("idVendor").zip(read("idProduct")).map(|(vendor, product)| format!("{vendor}:{product}"));
        Self {
            kind,
            by_id: link_to(&root.join(links).join("by-id"), &node),
            by_path: link_to(&root.join(links).join("by-path"), &node),
            driver: driver.and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned())),
            usb_id,
            serial: read("serial"),
            maker: read("manufacturer"),
            product: read("product"),
            node,
        }
    }
}

/// A keyboard is known by its link only: every event node has one, most are no scanners.
fn keyboard(root: &Path, link: &str) -> Option<Plugged> {
    let by_id = root.join("dev/input/by-id").join(link);
    let node = fs::canonicalize(&by_id).ok()?;
    let name = node.file_name()?.to_string_lossy().into_owned();
    let device = root.join("sys/class/input").join(name).join("device");
    let mut found = Plugged::at(root, Kind::Keyboard, "", &device, "dev/input");
    (found.by_id, found.by_path, found.node) = (Some(by_id), link_to(&root.join("dev/input/by-path"), &node), node);
    Some(found)
}

/// A UART that the board really has: the kernel gives those it only reserves the type 0.
fn is_real_uart(device: &Path, name: &str) -> bool {
    name.starts_with("ttyS") && device.parent().and_then(|tty| text(&tty.join("type"))).is_some_and(|uart| uart != "0")
}

/// The USB device that something hangs on: the nearest folder above it that has a vendor.
fn usb_device(device: &Path) -> Option<PathBuf> {
    device.ancestors().find(|folder| folder.join("idVendor").is_file()).map(Path::to_owned)
}

fn entries(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn link_to(folder: &Path, node: &Path) -> Option<PathBuf> {
    let node = fs::canonicalize(node).ok()?;
    let links = entries(folder).into_iter().map(|name| folder.join(name));
    links.into_iter().find(|link| fs::canonicalize(link).is_ok_and(|to| to == node))
}

fn text(file: &Path) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A tree with one USB adapter at each of two sockets; only the first has a link by id.
    fn tree() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        let put = |path: &str, content: &str| {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), content).unwrap();
        };
        let link = |path: &str, to: &str| {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            symlink(at(to), at(path)).unwrap();
        };
        for (number, name) in ["ttyUSB0", "ttyUSB1"].iter().enumerate() {
            let usb = format!("sys/devices/usb1/1-{number}");
            put(&format!("{usb}/idVendor"), "1a86\n");
            put(&format!("{usb}/idProduct"), "7523\n");
            put(&format!("{usb}/product"), "USB Serial\n");
            put(&format!("{usb}/1-{number}:1.0/{name}/x"), "");
            put("sys/bus/usb-serial/drivers/ch341-uart/x", "");
            link(&format!("{usb}/1-{number}:1.0/{name}/driver"), "sys/bus/usb-serial/drivers/ch341-uart");
            link(&format!("sys/class/tty/{name}/device"), &format!("{usb}/1-{number}:1.0/{name}"));
            put(&format!("dev/{name}"), "");
            link(&format!("dev/serial/by-path/pci-usb-0:{number}"), &format!("dev/{name}"));
        }
        link("dev/serial/by-id/usb-1a86_USB_Serial", "dev/ttyUSB0");
        put("sys/class/tty/ttyS0/type", "0");
        put("sys/class/tty/ttyS0/device/x", "");
        put("sys/class/tty/console/x", "");
        root
    }

    #[test]
    fn each_adapter_is_found_with_its_maker_and_the_name_that_stays() {
        let root = tree();
        let found = plugged(root.path());
        assert_eq!(found.len(), 2, "neither the console nor an empty UART: {found:?}");
        assert_eq!((found[0].usb_id.as_deref(), found[0].driver.as_deref()), (Some("1a86:7523"), Some("ch341-uart")));
        assert!(found[0].best_name().ends_with("dev/serial/by-id/usb-1a86_USB_Serial"));
        assert!(found[1].best_name().ends_with("dev/serial/by-path/pci-usb-0:1"), "two alike share one name by id");
    }

    #[test]
    fn a_machine_with_nothing_has_nothing() {
        assert_eq!(plugged(tempfile::tempdir().unwrap().path()), []);
    }
}
