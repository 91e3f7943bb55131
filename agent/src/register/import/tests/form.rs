//! Files as programs write them, and files that are none.

use look::Language;

use super::{
    super::super::{alias::Alias, export::export, table},
    *,
};

#[test]
fn a_file_that_is_no_table_is_refused_whole() {
    const ASSETS: &str = "line of column names: name, description";
    let long = format!("name\n{}", "x".repeat(table::FILE_LEN_MAX));
    let wide = format!("name{}\nA\n", ",".repeat(table::COLUMNS_MAX));
    let rows = format!("name\n{}", "A\n".repeat(table::ROWS_MAX + 1));
    for (bytes, expect) in [
        (&b""[..], vec![format!("line 1: file is empty; begin the file with a {ASSETS}")]),
        (b"\xef\xbb\xbf\r\n\r\n", vec![format!("line 1: file is empty; begin the file with a {ASSETS}")]),
        (
            b"name,colour,Description,description,\nA,red,,,\n",
            vec![
                "line 1, colour: is no column of this kind; columns are name, description".to_owned(),
                "line 1, description: stands here twice; remove one of the two".to_owned(),
            ],
        ),
        (b"\ndescription\nA\n", vec!["line 2, name: is missing; add the column: it names the facts".to_owned()]),
        (
            b"name,description\r\nA,\"fine\"\r\nB,\"never closed\r\nC,x\r\n",
            vec![
                "line 3: a quotation mark is opened and never closed; close it with a second one, or double it where it \
                 belongs to the text"
                    .to_owned(),
            ],
        ),
        (b"\xff\xfen\0a\0", vec!["line 1: file is UTF-16; save it as \"CSV UTF-8\"".to_owned()]),
        (b"PK\x03\x04...", vec!["line 1: file is a spreadsheet; save it as \"CSV UTF-8\"".to_owned()]),
        (
            long.as_bytes(),
            vec![format!("line 1: file has {} bytes; {} are the most; split it in two", long.len(), table::FILE_LEN_MAX)],
        ),
        (
            wide.as_bytes(),
            vec!["line 1: header has 257 columns; 256 are the most; the columns are name, description".to_owned()],
        ),
        (rows.as_bytes(), vec!["line 100002: file has more than 100000 rows; split it in two".to_owned()]),
    ] {
        let import = Import::read(Kind::Asset, bytes, &register());
        assert_eq!(import.faults.iter().map(ToString::to_string).collect::<Vec<_>>(), expect);
        assert_eq!(import.form, Form::Broken);
        for on_fault in [OnFault::TakeNone, OnFault::SkipBad] {
            assert_eq!(import.facts(on_fault).err(), Some(NotTaken::Broken));
        }
    }
}

#[test]
fn a_row_that_does_not_fit_the_header_is_at_fault_alone() {
    let long = "x".repeat(table::CELL_LEN_MAX + 1);
    let file = [
        &b"name,description,\n"[..],
        b"A\n",
        b"B,b,\n",
        b"C,c,d\n",
        b"D,d,,e\n",
        b"E,\xff,\n",
        b",,\n",
        b"F,",
        long.as_bytes(),
        b",\n",
        b",nameless,\n",
    ]
    .concat();
    let import = Import::read(Kind::Asset, &file, &register());
    let told: Vec<_> =
        import.faults.iter().map(|f| (f.line, f.column.as_ref(), f.rule.said(Language::English).rule)).collect();
    let told: Vec<_> = told.iter().map(|(line, column, rule)| (*line, *column, rule.as_str())).collect();
    assert_eq!(
        told,
        [
            (2, "", "row has 1 cells, the header has 3"),
            (4, "", "cell 3 has no column"),
            (5, "", "cell 4 has no column"),
            (6, "description", "is not UTF-8"),
            (8, "description", "has 8193 bytes; 8192 are the most"),
            (9, "name", "is empty"),
        ]
    );
    assert_eq!(import.bad_rows, 6);
    let taken: Vec<_> = import.facts(OnFault::SkipBad).unwrap().map(Fact::name).collect();
    assert_eq!(taken, ["B"]);
}

#[test]
fn separators_quotes_line_ends_and_byte_order_mark_are_all_one() {
    for file in [
        "name,description\nPUMP-1,\"red, old\"\nPUMP-2,\"a \"\"b\"\"\"\n",
        "\u{feff}name,description\r\nPUMP-1,\"red, old\"\r\nPUMP-2,\"a \"\"b\"\"\"\r\n",
        "name;description\r\nPUMP-1;red, old\r\nPUMP-2;\"a \"\"b\"\"\"",
        "\"name\";\"description\"\r\n\"PUMP-1\";\"red, old\"\r\n\"PUMP-2\";\"a \"\"b\"\"\"",
        "description\tname\nred, old\tPUMP-1\n\"a \"\"b\"\"\"\tPUMP-2\n",
        "# these are, our pumps;\nNAME , Description\n\n PUMP-1 ,\"red, old\"\n,\n# a note, of two cells\nPUMP-2,\"a \"\"b\"\"\"\n",
        "name,description\rPUMP-1,\"red, old\"\rPUMP-2,\"a \"\"b\"\"\"\r",
    ] {
        let import = read(Kind::Asset, file);
        let cells: Vec<_> = import.facts(OnFault::TakeNone).unwrap().map(Fact::cells).collect();
        assert_eq!(cells, [["PUMP-1", "red, old"], ["PUMP-2", "a \"b\""]], "{file:?}\n{import}");
    }
}

#[test]
fn a_comma_under_a_single_column_is_not_taken_for_text() {
    let import = read(Kind::Asset, "name\nA,B\n");
    assert_eq!(import.faults.first().map(|fault| &fault.rule), Some(&Rule::NoColumn { cell: 2 }));
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    for (file, line) in [
        ("name\nA\nA\n", [2, 3]),
        ("name\r\nA\r\nA\r\n", [2, 3]),
        ("name\rA\rA", [2, 3]),
        ("\u{feff}name\r\n\r\n\r\nA\r\n\r\nA\r\n", [4, 6]),
        ("# one\n\nname,description\nA,\"two\nlines\r\nor three\"\nA,\n", [4, 7]),
        ("# one\r\nname,description\r\n,\r\n\"A\",\r\n# note\r\n\"A\",", [4, 6]),
    ] {
        let import = read(Kind::Asset, file);
        let twins = import.faults.iter().filter(|fault| fault.column == "name");
        assert_eq!(twins.map(|fault| fault.line).collect::<Vec<_>>(), line, "{file:?}");
    }
}

#[test]
fn what_a_spreadsheet_would_run_is_marked_on_the_way_out_and_bare_again_on_the_way_in() {
    let texts = [
        "=1+1",
        "+A123BJC5D6E71G",
        "-5",
        "@SUM(A1)",
        "'=1",
        "''+1",
        "'s-Hertogenbosch",
        "# 5",
        " a",
        "a ",
        "'a ",
        "1E+5",
        "4,0E+12",
        "'",
        "\"quoted\"",
        "a;b",
        "a,b",
        "+",
        " ",
    ];
    let mut register = register();
    for (at, text) in texts.iter().enumerate() {
        let code = format!("{text}{}", if at % 2 == 0 { "" } else { "x" });
        for code in [*text, code.as_str()] {
            let alias = Alias::new(code.parse().unwrap(), "M8".parse().unwrap());
            register.apply(Fact::Alias(alias), Origin::Imported).unwrap();
        }
    }
    let file = String::from_utf8(export(Kind::Code, &register)).unwrap();
    for line in file.lines().skip(1) {
        let cell = line.trim_start_matches('"');
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '#', ' ']), "{line}");
    }
    assert!(file.contains("'=1+1,") && file.contains("''=1,") && file.contains("\r\n's-Hertogenbosch,"), "{file}");
    let again = Import::read(Kind::Code, file.as_bytes(), &register);
    assert_eq!((again.unchanged, again.faults.len()), (register.len(Kind::Code), 0), "{again}");
}
