use super::*;

const PAYLOAD: &str = r#"{"w":12.50,"a":{"b c":{"x.y":[1,"7.25"]}},"n":null,"t":"heavy","nan":"nan","f":true}"#;

fn render(template: &str, payload: &str) -> Result<Rendered, String> {
    let template = Template::parse(template).map_err(|error| error.to_string())?;
    template.render(payload.as_bytes()).map_err(|error| error.to_string())
}

fn text(text: &str) -> Result<Rendered, String> {
    Ok(Rendered::Text(text.to_owned()))
}

#[test]
fn a_template_finds_its_value_with_the_digits_as_sent() {
    assert_eq!(render("{{ value }}", " 12.50 "), text("12.50"));
    assert_eq!(render("{{value|float}}", "12.50"), text("12.50"));
    assert_eq!(render("{{ value_json }}", "12.50"), text("12.50"));
    for template in ["{{ value_json.w }}", "{{-value_json['w']-}}", r#" {{ value_json[ "w" ] | float(0) }} "#] {
        assert_eq!(render(template, PAYLOAD), text("12.50"), "{template}");
    }
    assert_eq!(render("{{ value_json.a['b c']['x.y'][1] }}", PAYLOAD), text("7.25"));
    assert_eq!(render("{{ value_json.t }}", PAYLOAD), text("heavy"));
    assert_eq!(render("{{ value_json.f }}", PAYLOAD), text("True"));
}

#[test]
fn filters_make_the_number_shorter_and_never_another_one() {
    for (filters, value, expect) in [
        ("round(1)", "12.34", "12.3"),
        ("round(1)", "12.35", "12.4"),
        ("round(1)", "12.45", "12.4"),
        ("round(1)", "12.4500001", "12.5"),
        ("round(1)", "-12.35", "-12.4"),
        ("round(0)", "-0.5", "0"),
        ("round", "1.5", "2"),
        ("round", "99.9", "100"),
        ("round(3)", "12.5", "12.5"),
        ("round(0)", "9.223372036854775807", "9"),
        ("int", "12.9", "12"),
        ("int", "-12.9", "-12"),
        ("int(default=0)", "1e3", "1000"),
        ("float(default=0.0) | round(precision=2)", "1.005", "1.00"),
        ("default(0) | float | round(1)", "7.96", "8.0"),
        ("default('', true)", "7", "7"),
        ("float", "heavy", "heavy"),
    ] {
        assert_eq!(render(&format!("{{{{ value | {filters} }}}}"), value), text(expect), "{filters} {value}");
    }
}

#[test]
fn a_value_that_is_not_there_is_nothing_unless_the_template_expects_it() {
    for (template, expect) in [
        ("{{ value_json.x }}", Rendered::Nothing),
        ("{{ value_json.x | float | int | round(1) }}", Rendered::Nothing),
        ("{{ value_json.x | float(0) }}", Rendered::Unknown),
        ("{{ value_json.x | int(0) }}", Rendered::Unknown),
        ("{{ value_json.x | default(0) | float }}", Rendered::Unknown),
        ("{{ value_json.t | float(0) | round(1) }}", Rendered::Unknown),
        ("{{ value_json.n }}", Rendered::Unknown),
        ("{{ value_json.n | default(0) }}", Rendered::Unknown),
        ("{{ value_json.nan }}", Rendered::Unknown),
    ] {
        assert_eq!(render(template, PAYLOAD), Ok(expect), "{template}");
    }
    for (payload, expect) in [
        ("", Rendered::Nothing),
        ("None", Rendered::Unknown),
        ("unavailable", Rendered::Unknown),
        ("nan", Rendered::Unknown),
    ] {
        assert_eq!(render("{{ value }}", payload), Ok(expect), "{payload}");
    }
}

#[test]
fn what_cannot_be_looked_into_is_named_by_its_path() {
    assert_eq!(render("{{ value_json.a }}", PAYLOAD), Err("field value_json.a is not text".into()));
    assert_eq!(render("{{ value_json.f }}", "heavy"), Err("payload is not JSON at line 1 column 1".into()));
}

#[test]
fn what_is_beyond_the_subset_is_named_and_points_to_the_json_dialect() {
    for (template, error) in [
        ("", TemplateError::NotOneExpression),
        ("value", TemplateError::NotOneExpression),
        ("{{ value }} g", TemplateError::NotOneExpression),
        ("{{ value }}{{ value }}", TemplateError::NotOneExpression),
        ("{% if value %}{{ value }}{% endif %}", TemplateError::NotOneExpression),
        ("{{", TemplateError::NotOneExpression),
        ("{{ }}", TemplateError::Variable),
        ("{{ states('sensor.x') }}", TemplateError::Variable),
        ("{{ (value_json.w) | float }}", TemplateError::Variable),
        ("{{ values }}", TemplateError::Variable),
        ("{{ value_json. }}", TemplateError::Path),
        ("{{ value_json[w] }}", TemplateError::Path),
        ("{{ value_json['w }}", TemplateError::Path),
        ("{{ value_json.get('w') }}", TemplateError::Path),
        ("{{ value_json['\\x41'] }}", TemplateError::Path),
        ("{{ value_json['w\n'] }}", TemplateError::Path),
        ("{{ value | float / 1000 }}", TemplateError::Filter),
        ("{{ value * 2 }}", TemplateError::Filter),
        ("{{ value if value is defined else 0 }}", TemplateError::Filter),
        ("{{ value | regex_replace('a','b') }}", TemplateError::Filter),
        ("{{ value | }}", TemplateError::Filter),
        ("{{ value.w }}", TemplateError::Filter),
        ("{{ value | round(-1) }}", TemplateError::Argument),
        ("{{ value | round(19) }}", TemplateError::Argument),
        ("{{ value | round(1, 'floor') }}", TemplateError::Argument),
        ("{{ value | float(value) }}", TemplateError::Argument),
        ("{{ value | float(0 }}", TemplateError::Argument),
        ("{{ value | default }}", TemplateError::Argument),
        ("{{ value | int(base=16) }}", TemplateError::Argument),
    ] {
        assert_eq!(Template::parse(template), Err(error), "{template}");
        assert!(error.to_string().ends_with("with dialect = \"json\" instead"), "{error}");
    }
    let path = |steps| format!("{{{{ value_json{} }}}}", ".a".repeat(steps));
    assert_eq!(Template::parse(&path(STEPS_MAX)).map(|_| ()), Ok(()));
    assert_eq!(Template::parse(&path(STEPS_MAX + 1)), Err(TemplateError::Path));
    assert_eq!(Template::parse(&"{".repeat(LEN_MAX + 1)), Err(TemplateError::TooLong));
}
