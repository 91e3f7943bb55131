//! Other web sites that reach for the page from a browser inside the site's network: by name, by form, by frame.

use tests::{
    Browser,
    browser::{Screen, Stranger},
};

use tests::storeroom::{STOREKEEPER, Storeroom, WASHER};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_was_bound_to_the_gateway_by_somebody_else_is_not_answered() {
    let Some(browser) = Browser::start_or_skip("page, rebinding").await else { return };
    let world = Storeroom::begin().await;
    let tab = browser.tab(Screen::Desktop).await;
    let port = world.site.page("").rsplit(':').next().unwrap().to_owned();
    for path in ["/", "/bins", "/station/store", "/live?of=bins", "/static/nothing"] {
        tab.forget();
        // An answer without a body counts as a page that failed; what was answered is heard all the same.
        let _ = tab.try_open(&format!("http://rebound.example:{port}{path}")).await;
        let answers: Vec<_> =
            tab.heard().answers.into_iter().filter(|(_, url)| url.contains("rebound.example")).collect();
        assert!(!answers.is_empty() && answers.iter().all(|(status, _)| *status == 421), "{path}: {answers:?}");
        let text: String = tab.try_eval("document.documentElement.innerText").await.unwrap_or_default();
        assert!(!text.contains("plant-7") && !text.contains(WASHER), "{path}: {text}");
    }
    // The name itself does resolve and the port does answer: under our own name there is a page.
    tab.open(&world.site.page("/")).await;
    tab.wait_for_text("plant-7").await;
}

/// Where a form goes to, and its fields.
type Form<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// A page that sends forms as soon as it is seen, one after the other, each into a frame of its own.
fn forms(target: &str, fields: &[Form<'_>]) -> String {
    let form = |(number, (path, fields)): (usize, &Form<'_>)| {
        let fields: String =
            fields.iter().map(|(name, value)| format!("<input name=\"{name}\" value=\"{value}\">")).collect();
        format!(
            "<iframe name=\"f{number}\"></iframe><form id=\"form{number}\" method=\"post\" action=\"{target}{path}\" \
             target=\"f{number}\">{fields}</form><script>document.getElementById('form{number}').submit()</script>"
        )
    };
    fields.iter().enumerate().map(form).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_and_requests_of_other_web_sites_change_nothing_though_somebody_is_signed_in() {
    let Some(browser) = Browser::start_or_skip("page, cross-site").await else { return };
    let world = Storeroom::begin().await;
    let tab = browser.tab(Screen::Desktop).await;
    world.sign_in(&tab, STOREKEEPER, None).await;
    let before = world.site.on_hand().await;
    let target = world.site.page("");
    let scan: &[(&str, &str)] = &[("code", WASHER), ("act", "0123456789abcdef0123456789abcdef")];
    let body =
        forms(&target, &[("/station/store/scan", scan), ("/language", &[("language", "de")]), ("/door/out", &[])]);
    let script = format!(
        "<script>window.read = []; for (const path of ['/', '/bins', '/live?of=bins'])
            fetch('{target}' + path, {{ credentials: 'include' }}).then((r) => r.text()).then((t) => window.read.push(t), () => window.read.push(null));
         for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
            fetch('{target}/station/store/scan', {{ method: 'POST', mode: 'no-cors', credentials: 'include',
                headers: {{ 'Content-Type': type }}, body: 'code={WASHER}' }});</script>"
    );
    let stranger = Stranger::serve(&format!("{body}{script}")).await;
    // From a name of its own, and from this machine's name under another port: for cookies that is the same site.
    for name in ["evil.example", "127.0.0.1"] {
        let other = browser.tab_beside(&tab).await;
        other.open(&stranger.url(name)).await;
        other.wait_until("the requests are answered", "window.read.length === 3").await;
        let read: Vec<Option<String>> = other.eval("window.read").await;
        assert!(read.iter().all(Option::is_none), "{name} reads {read:?}");
        let heard = other.heard();
        let posted: Vec<_> =
            heard.answers.iter().filter(|(_, url)| url.starts_with(&target) && url.contains("/s")).collect();
        assert!(heard.answers.iter().filter(|(_, url)| url.starts_with(&target)).count() >= 3, "{:?}", heard.answers);
        assert!(posted.iter().all(|(status, _)| *status == 403), "{name}: {posted:?}");
    }
    assert_eq!(world.site.on_hand().await, before, "nothing was booked");
    tab.reload().await;
    assert!(tab.text().await.contains("Sam Store"), "nobody was signed out, and the language is as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_other_web_site_can_put_the_page_into_a_frame() {
    let Some(browser) = Browser::start_or_skip("page, clickjacking").await else { return };
    let world = Storeroom::begin().await;
    let tab = browser.tab(Screen::Desktop).await;
    for path in ["/", "/bins", "/station/store", "/door"] {
        for name in ["evil.example", "127.0.0.1"] {
            let stranger = Stranger::serve(&format!("<iframe src=\"{}\"></iframe>", world.site.page(path))).await;
            tab.forget();
            tab.open(&stranger.url(name)).await;
            let shown = tab.texts_of_frames().await;
            assert_eq!(shown.len(), 1, "there is a frame");
            for ours in ["Binwire", "plant-7", "Sign in"] {
                assert!(!shown[0].contains(ours), "{path} in {name}: {shown:?}");
            }
        }
    }
    // A frame does show something: another page of the stranger's.
    let stranger = Stranger::serve("<p>harmless</p>").await;
    for name in ["evil.example", "127.0.0.1"] {
        let around = Stranger::serve(&format!("<iframe src=\"{}\"></iframe>", stranger.url("127.0.0.1"))).await;
        tab.open(&around.url(name)).await;
        assert_eq!(tab.texts_of_frames().await, ["harmless"], "in {name}");
    }
}
