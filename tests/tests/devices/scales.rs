//! Scales of every protocol on one gateway.

use sim::{SimScale, Tongue};
use tests::{Checker, Emitted, Hub, Site, site::file::SiteFile};

/// Grams of a piece and of the empty container: heavy enough for an industrial scale that shows ten grams.
const PIECE: f64 = 200.0;
const TARE: f64 = 400.0;

/// The names that belong to a scale of this tongue.
fn names(tongue: Tongue) -> (String, String, String) {
    (format!("scale-{tongue}"), format!("B-{tongue}"), format!("IT-{tongue}"))
}

/// A bin on a scale of this tongue, as its maker sets it.
fn with_scale(file: SiteFile, scale: &SimScale) -> SiteFile {
    let tongue = scale.tongue();
    let (name, bin, item) = names(tongue);
    let port = match (tongue, scale.addr()) {
        (Tongue::ModbusTcp, Some(addr)) => format!("tcp:{addr}"),
        (Tongue::UsbHid, _) => format!("hid:{}", file.port(&name).display()),
        _ => file.port(&name).display().to_string(),
    };
    let more = match tongue {
        Tongue::Toledo8217 | Tongue::Cas10 => "unit = \"kg\"\n",
        Tongue::ToledoContinuous => "checksum = true\n",
        Tongue::ModbusRtu | Tongue::ModbusTcp => {
            "unit = \"kg\"\nmodbus = { address = 1, map = \"dini-dgt\", decimals = 2 }\n"
        }
        _ => "",
    };
    file.section(format_args!(
        "[[item]]\ncode = \"{item}\"\nfeed = \"acme\"\npiece_weight_g = {PIECE}\n\
         [[bin]]\nname = \"{bin}\"\nitem = \"{item}\"\ntare_g = {TARE}\n\
         [[scale]]\nname = \"{name}\"\nbin = \"{bin}\"\nport = \"{port}\"\nprotocol = \"{tongue}\"\n\
         settle_readings = 2\n{more}"
    ))
}

fn fill(scale: &SimScale, emitted: &Emitted, pieces: u32) {
    let (_, bin, item) = names(scale.tongue());
    emitted.level(&item, &bin, pieces.into());
    scale.put(TARE + PIECE * f64::from(pieces));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scale_of_every_protocol_is_counted_through_unplugging() {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut file = Site::new("plant-7").feed("acme", hub.addr());
    let mut scales = Vec::new();
    for tongue in Tongue::ALL {
        let scale = SimScale::plug(&file.port(&names(tongue).0), tongue).unwrap();
        file = with_scale(file, &scale);
        scales.push(scale);
    }
    let count = scales.len();
    for (index, scale) in (1..).zip(&scales) {
        fill(scale, &emitted, index + 3);
    }
    let mut site = file.start().await;
    site.wait_until_accepted(count).await;

    for scale in &mut scales {
        match scale.tongue() {
            // A network device keeps its address and loses its power.
            Tongue::ModbusTcp => scale.silent(true),
            _ => scale.unplug().await,
        }
    }
    site.wait_for_status("every scale is away", |status| {
        Tongue::ALL.into_iter().filter(|tongue| *tongue != Tongue::ModbusTcp).all(|tongue| {
            let device = &status.devices[&names(tongue).0];
            !device.connected
        })
    })
    .await;
    for (index, scale) in (1..).zip(&scales) {
        fill(scale, &emitted, index);
    }
    for scale in &mut scales {
        match scale.tongue() {
            Tongue::ModbusTcp => scale.silent(false),
            tongue => scale.replug(&site.port(&names(tongue).0)).await.unwrap(),
        }
    }
    site.wait_until_accepted(2 * count).await;
    hub.wait_for_movements(2 * count).await;
    let status = site.status().await;
    for tongue in Tongue::ALL {
        assert!(status.devices[&names(tongue).0].connected, "{tongue}: {:?}", status.problems);
    }
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scale_that_cannot_weigh_is_unknown_and_counts_nothing() {
    let emitted = Emitted::default();
    let mut hub = Hub::start("plant-7", "acme").await;
    let mut file = Site::new("plant-7").feed("acme", hub.addr());
    let mut scales = Vec::new();
    for tongue in Tongue::ALL {
        let scale = SimScale::plug(&file.port(&names(tongue).0), tongue).unwrap();
        file = with_scale(file, &scale);
        fill(&scale, &emitted, 5);
        scales.push(scale);
    }
    let mut site = file.start().await;
    site.wait_until_accepted(scales.len()).await;
    for (what, break_it, is_off) in [
        ("overloaded", SimScale::overload as fn(&SimScale), false),
        ("lifted off", SimScale::underload, false),
        ("broken", SimScale::break_down, false),
        ("switched off", |scale| scale.silent(true), true),
    ] {
        // Ten bytes of CAS hold digits and no word for anything else.
        let says_so = |tongue: &Tongue| is_off || *tongue != Tongue::Cas10;
        scales.iter().filter(|scale| says_so(&scale.tongue())).for_each(break_it);
        site.wait_for_status(&format!("every scale is {what}"), |status| {
            Tongue::ALL
                .iter()
                .filter(|tongue| says_so(tongue))
                .all(|tongue| status.devices[&names(*tongue).0].trouble().is_some())
        })
        .await;
        for scale in &scales {
            scale.silent(false);
            // As full as before: nothing has been taken.
            scale.put(TARE + PIECE * 5.0);
        }
        site.wait_for_status("every scale weighs again", |status| {
            Tongue::ALL.into_iter().all(|tongue| status.devices[&names(tongue).0].trouble().is_none())
        })
        .await;
    }
    assert_eq!(site.accepted().len(), scales.len(), "an unknown level is no movement");
    hub.wait_for_movements(scales.len()).await;
    Checker::new(&emitted).judge(&mut site, &mut hub).await.assert_clean();
}
