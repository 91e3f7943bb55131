//! The series of the life-cycle folder: curves, forecasts made as they would have been, installed bases.
//!
//! The reference's own tolerances: parameters, forecasts and errors within 1 %, sums of squares within 0.1 %, closed forms to 1e-9.

use planning::lifecycle::{
    curve::Form,
    fit::{bass_regression, ex_ante, ex_ante_naive, fit, fit_gompertz_level},
    installed_base::{Wear, installed_base},
};
use serde_json::Value;

use crate::row::{Found, Row, compare};

const PARAMETER: f64 = 0.01;
const SQUARES: f64 = 0.001;
const CLOSED: f64 = 1e-9;
const REGRESSION: f64 = 1e-6;
const HELD_OUT: usize = 3;

/// What the row asks, kind by kind.
pub(crate) fn check(value: &Value) -> Vec<(String, Result<(), String>)> {
    let answered = Row::new(value).and_then(|row| {
        row.told(&["id", "source", "definition", "start", "model"]);
        let answers = if row.get(&["unit_sales"]).is_some() {
            series(&row)?
        } else if let Some(input) = row.get(&["input"]) {
            vec![("installed_base".to_owned(), base(input, row.value(&["expected"])?))]
        } else if row.get(&["t"]).is_some() {
            vec![("gompertz_level".to_owned(), level(&row))]
        } else {
            return Err("unknown kind of row".to_owned());
        };
        row.done()?;
        Ok(answers)
    });
    answered.unwrap_or_else(|why| vec![("lifecycle row".to_owned(), Err(why))])
}

/// What came of each thing that a row is asked.
type Answers = Vec<(String, Result<(), String>)>;

fn series(row: &Row<'_>) -> Result<Answers, String> {
    let sales = row.numbers("unit_sales")?;
    let mut answers = Vec::new();
    for form in Form::ALL {
        if let Some(expected) = row.get(&[fitted(form)]) {
            answers.push((fitted(form).to_owned(), curve(form, &sales, expected)));
        }
    }
    if let Some(expected) = row.get(&["bass_ols_1969"]) {
        let answer = bass_regression(&sales).map_err(|error| error.to_string()).and_then(|curve| {
            let found: Found = vec![("p", curve.first.into()), ("q", curve.second.into()), ("m", curve.m.into())];
            compare(expected, &found, REGRESSION)
        });
        answers.push(("bass_ols_1969".to_owned(), answer));
    }
    if let Some(expected) = row.get(&["ex_ante_last3"]) {
        let of = Row::new(expected)?;
        for form in Form::ALL {
            if let Some(expected) = of.get(&[name(form)]) {
                answers.push((format!("ex_ante {}", name(form)), ahead(ex_ante(form, &sales, HELD_OUT), expected)));
            }
        }
        if let Some(expected) = of.get(&["naive"]) {
            answers.push(("ex_ante naive".to_owned(), ahead(ex_ante_naive(&sales, HELD_OUT), expected)));
        }
        of.done()?;
    }
    Ok(answers)
}

fn name(form: Form) -> &'static str {
    match form {
        Form::Bass => "bass",
        Form::Gompertz => "gompertz",
        Form::Logistic => "logistic",
    }
}

fn fitted(form: Form) -> &'static str {
    match form {
        Form::Bass => "bass_nls",
        Form::Gompertz => "gompertz_nls",
        Form::Logistic => "logistic_nls",
    }
}

fn curve(form: Form, sales: &[f64], expected: &Value) -> Result<(), String> {
    let found = fit(form, sales).map_err(|error| error.to_string())?;
    let (first, second) = match form {
        Form::Bass => ("p", "q"),
        Form::Gompertz | Form::Logistic => ("a", "b"),
    };
    let curve = found.curve;
    let answers: Found = vec![
        ("m", curve.m.into()),
        (first, curve.first.into()),
        (second, curve.second.into()),
        ("sse", found.sse.into()),
        ("peak_t", curve.peak().into()),
    ];
    compare(expected, &answers, PARAMETER)?;
    let squares: Found = vec![("sse", found.sse.into())];
    compare(&serde_json::json!({ "sse": expected["sse"] }), &squares, SQUARES)
}

fn ahead(
    found: Result<planning::lifecycle::fit::ExAnte, planning::lifecycle::fit::FitError>,
    expected: &Value,
) -> Result<(), String> {
    let found = found.map_err(|error| error.to_string())?;
    let answers: Found = vec![("mae3", found.mae.into()), ("forecast", found.forecast.into())];
    compare(expected, &answers, PARAMETER)
}

fn level(row: &Row<'_>) -> Result<(), String> {
    let found = fit_gompertz_level(&row.numbers("t")?, &row.numbers("y")?).map_err(|error| error.to_string())?;
    let answers: Found =
        vec![("A", found.a.into()), ("B", found.b.into()), ("C", found.c.into()), ("sse", found.sse.into())];
    let wanted = |name: &str| row.number(name);
    let expected =
        serde_json::json!({ "A": wanted("A")?, "B": wanted("B")?, "C": wanted("C")?, "sse": wanted("sse")? });
    compare(&expected, &answers, SQUARES)
}

fn base(input: &Value, expected: &Value) -> Result<(), String> {
    let row = Row::new(input)?;
    let wear = Wear {
        shape: row.number("weibull_shape")?,
        scale: row.number("weibull_scale")?,
        failure_rate: row.number("failure_rate_per_period")?,
        parts: row.number("qty_per_unit")?,
    };
    let horizon = row.whole(&["horizon"])? as usize;
    let found = installed_base(&row.numbers("sales")?, horizon, wear).map_err(|error| error.to_string())?;
    row.done()?;
    let answers: Found = vec![
        ("installed_base", found.base.into()),
        ("part_demand", found.demand.into()),
        ("last_time_buy_total", found.last_time_buy.into()),
    ];
    compare(expected, &answers, CLOSED)
}
