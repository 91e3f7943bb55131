//! What looks for faults finds them: a page with known ones, so that silence elsewhere means something.

use tests::{
    Browser,
    browser::{Screen, Stranger, axe::Axe},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_looks_for_faults_finds_those_of_a_page_that_has_them() {
    let Some(browser) = Browser::start_or_skip("page, canary").await else { return };
    let faulty = "<meta http-equiv=\"Content-Security-Policy\" content=\"img-src 'none'\">\
        <img src=\"/x.png\"><input name=\"n\"><p style=\"color: #ccc; background: #fff\">pale</p>\
        <div style=\"width: 3000px\">wide</div><script>console.error('said'); nothing.at.all</script>";
    let stranger = Stranger::serve(faulty).await;
    let tab = browser.tab(Screen::Phone).await;
    tab.open(&stranger.url("127.0.0.1")).await;
    assert!(tab.sideways().await > 0, "it is too wide");
    let complaints = tab.heard().complaints.join("\n");
    for complaint in ["console:", "exception: ReferenceError", "content security policy:"] {
        assert!(complaints.contains(complaint), "{complaint} is not among {complaints}");
    }
    let Some(axe) = Axe::fetch_or_skip("page, canary") else { return };
    let violations = axe.violations(&tab).await.join("\n");
    for rule in ["label:", "image-alt:", "color-contrast:", "html-has-lang:", "page-has-heading-one:"] {
        assert!(violations.contains(rule), "{rule} is not among {violations}");
    }
}
