//! The application identifiers: format, content rules and company rules of each.
//!
//! Source: GS1 General Specifications section 3 and the GS1 Barcode Syntax Dictionary of 2026-07. In order of the AI's
//! digits, so that those of one prefix stand together. A pattern is an AI whose last digits may be `n` for "any";
//! commas part alternatives, `+` joins AIs that must all be there, `|` parts sequences of link qualifiers.

use super::content_rule::Rule::{
    AlphaCheckPair, CheckDigit, CompanyPrefix, CompanyPrefixSecond, Country, CountryAlpha2, CountryOr999, CouponCode,
    CouponPositiveOffer, Currency, Date, DateOrMonth, FullDate, HasNonDigit, Hour, HourMinute, Hyphen, Iban,
    ImporterIndex, Latitude, Longitude, MediaType, Minute, NoZeroPrefix, NonZero, PackageType, PercentEncoded,
    PieceOfTotal, PositionOfEnd, Second, SexCode, Winding, YesNo, Zero,
};
use super::{Component, Definition};

const N2: Component = Component::digits(2, 2);
const N4: Component = Component::digits(4, 4);
const N6: Component = Component::digits(6, 6);
const N13: Component = Component::digits(13, 13);
const N_4: Component = Component::digits(1, 4);
const N_6: Component = Component::digits(1, 6);
const N_8: Component = Component::digits(1, 8);
const N_10: Component = Component::digits(1, 10);
const N_12: Component = Component::digits(1, 12);
const N_15: Component = Component::digits(1, 15);
const X1: Component = Component::text(1, 1);
const X2: Component = Component::text(2, 2);
const X_2: Component = Component::text(1, 2);
const X_3: Component = Component::text(1, 3);
const X_9: Component = Component::text(1, 9);
const X_10: Component = Component::text(1, 10);
const X_12: Component = Component::text(1, 12);
const X_20: Component = Component::text(1, 20);
const X_25: Component = Component::text(1, 25);
const X_27: Component = Component::text(1, 27);
const X_28: Component = Component::text(1, 28);
const X_30: Component = Component::text(1, 30);
const X_50: Component = Component::text(1, 50);
const X_70: Component = Component::text(1, 70);
const X_90: Component = Component::text(1, 90);
const PERCENT_35: Component = Component::text(1, 35).with(&[PercentEncoded]);
const PERCENT_40: Component = Component::text(1, 40).with(&[PercentEncoded]);
const PERCENT_70: Component = X_70.with(&[PercentEncoded]);
const KEY_30: Component = X_30.with(&[CompanyPrefix]);
const SSCC: Component = Component::digits(18, 18).with(&[CheckDigit, CompanyPrefixSecond]);
const GTIN: Component = Component::digits(14, 14).with(&[CheckDigit, CompanyPrefixSecond]);
const GLN: Component = N13.with(&[CheckDigit, CompanyPrefix]);
const GSRN: Component = Component::digits(18, 18).with(&[CheckDigit, CompanyPrefix]);
const DAY: Component = N6.with(&[Date]);
const DAY_OR_MONTH: Component = N6.with(&[DateOrMonth]);
const HHMM: Component = N4.with(&[HourMinute]);
const NATION: Component = Component::digits(3, 3).with(&[Country]);
const CURRENCY: Component = Component::digits(3, 3).with(&[Currency]);
const FLAG: Component = Component::digits(1, 1).with(&[YesNo]);
const PIECE: Component = N4.with(&[PieceOfTotal]);
const MINUS: Component = X1.with(&[Hyphen]).optional();

const NATIONS: &[Component] = &[NATION, NATION.optional(), NATION.optional(), NATION.optional(), NATION.optional()];
const GEO: &[Component] = &[Component::digits(10, 10).with(&[Latitude]), Component::digits(10, 10).with(&[Longitude])];
const PROCESSOR: &[Component] = &[Component::digits(3, 3).with(&[CountryOr999]), X_27];
const BIRTH_DATE: &[Component] = &[Component::digits(8, 8).with(&[FullDate])];
const BIRTH_TIME: &[Component] = &[Component::digits(8, 8).with(&[FullDate]), HHMM];
const ROLL: &[Component] = &[
    N4.with(&[NonZero]),
    Component::digits(5, 5).with(&[NonZero]),
    Component::digits(3, 3).with(&[NonZero]),
    Component::digits(1, 1).with(&[Winding]),
    Component::digits(1, 1),
];
const GRAI: &[Component] = &[Component::digits(1, 1).with(&[Zero]), GLN, Component::text(1, 16).optional()];
const PRODUCTION_TIME: &[Component] =
    &[DAY, N2.with(&[Hour]), N2.with(&[Minute]).optional(), N2.with(&[Second]).optional()];
const SIGNED: &[&str] = &["00,01+21,253,255,8003,8004,8006+21,8010+8011,8017,8018"];

/// What an item in trade is known by, and what its attributes go with.
const ITEM: &[&str] = &["01,02,8006,8026"];
const MADE_ITEM: &[&str] = &["01,02,03,8006,8026"];
const GTIN_OR_CONTENT: &[&str] = &["01,02"];
const GTIN_ONLY: &[&str] = &["01"];
const GTIN_OR_PIECE: &[&str] = &["01,8006"];
const UNIT_OR_GTIN: &[&str] = &["00,01"];
const UNIT: &[&str] = &["00"];
const VARIABLE_MEASURE: &str = "30,31nn,32nn,35nn,36nn";
const PERSON: &[&str] = &["8017,8018"];
const RECIPIENT: &[&str] = &["8018"];

const fn ai(digits: &'static str, title: &'static str, components: &'static [Component]) -> Definition {
    Definition::new(digits, title, components)
}

/// A trade measure: of the item as sold.
const fn trade(digits: &'static str, own: &'static str, title: &'static str) -> Definition {
    ai(digits, title, &[N6]).needs(GTIN_OR_CONTENT).not_with(own).attribute()
}

/// A logistic measure: of the unit as shipped.
const fn logistic(digits: &'static str, own: &'static str, title: &'static str) -> Definition {
    ai(digits, title, &[N6]).needs(UNIT_OR_GTIN).not_with(own).attribute()
}

pub(super) static TABLE: &[Definition] = &[
    ai("00", "SSCC", &[SSCC]).key("").attribute(),
    ai("01", "GTIN", &[GTIN]).not_with("255,37").key("22,10,21|235").attribute(),
    ai("02", "CONTENT", &[GTIN]).not_with("01,03").needs(&["37"]).attribute(),
    ai("03", "MTO GTIN", &[GTIN]).not_with("01,02,37"),
    ai("10", "BATCH/LOT", &[X_20]).needs(MADE_ITEM).attribute(),
    ai("11", "PROD DATE", &[DAY_OR_MONTH]).needs(MADE_ITEM).attribute(),
    ai("12", "DUE DATE", &[DAY_OR_MONTH]).needs(&["8020"]).attribute(),
    ai("13", "PACK DATE", &[DAY_OR_MONTH]).needs(MADE_ITEM).attribute(),
    ai("15", "BEST BEFORE or BEST BY", &[DAY_OR_MONTH]).needs(MADE_ITEM).attribute(),
    ai("16", "SELL BY", &[DAY_OR_MONTH]).needs(MADE_ITEM).attribute(),
    ai("17", "USE BY or EXPIRY", &[DAY_OR_MONTH]).needs(&["01,02,03,255,8006,8026"]).attribute(),
    ai("20", "VARIANT", &[N2]).needs(ITEM).attribute(),
    ai("21", "SERIAL", &[X_20]).needs(&["01,03,8006"]).not_with("235"),
    ai("22", "CPV", &[X_20]).needs(GTIN_ONLY),
    ai("235", "TPX", &[X_28]).needs(GTIN_ONLY),
    ai("240", "ADDITIONAL ID", &[X_30]).needs(ITEM).attribute(),
    ai("241", "CUST. PART No.", &[X_30]).needs(ITEM).attribute(),
    ai("242", "MTO VARIANT", &[N_6]).needs(ITEM).attribute(),
    ai("243", "PCN", &[X_20]).needs(GTIN_ONLY).attribute(),
    ai("250", "SECONDARY SERIAL", &[X_30]).needs(&["01,8006", "21"]).attribute(),
    ai("251", "REF. TO SOURCE", &[X_30]).needs(GTIN_OR_PIECE).attribute(),
    ai("253", "GDTI", &[GLN, Component::text(1, 17).optional()]).key("").attribute(),
    ai("254", "GLN EXTENSION COMPONENT", &[X_20]).needs(&["414"]),
    ai("255", "GCN", &[GLN, N_12.optional()]).not_with("01,02,415,8006,8020,8026").key("").attribute(),
    ai("30", "VAR. COUNT", &[N_8]).needs(GTIN_OR_CONTENT).attribute(),
    trade("3100-3105", "310n", "NET WEIGHT (kg)"),
    trade("3110-3115", "311n", "LENGTH (m)"),
    trade("3120-3125", "312n", "WIDTH (m)"),
    trade("3130-3135", "313n", "HEIGHT (m)"),
    trade("3140-3145", "314n", "AREA (m²)"),
    trade("3150-3155", "315n", "NET VOLUME (l)"),
    trade("3160-3165", "316n", "NET VOLUME (m³)"),
    trade("3200-3205", "320n", "NET WEIGHT (lb)"),
    trade("3210-3215", "321n", "LENGTH (in)"),
    trade("3220-3225", "322n", "LENGTH (ft)"),
    trade("3230-3235", "323n", "LENGTH (yd)"),
    trade("3240-3245", "324n", "WIDTH (in)"),
    trade("3250-3255", "325n", "WIDTH (ft)"),
    trade("3260-3265", "326n", "WIDTH (yd)"),
    trade("3270-3275", "327n", "HEIGHT (in)"),
    trade("3280-3285", "328n", "HEIGHT (ft)"),
    trade("3290-3295", "329n", "HEIGHT (yd)"),
    logistic("3300-3305", "330n", "GROSS WEIGHT (kg)"),
    logistic("3310-3315", "331n", "LENGTH (m), log"),
    logistic("3320-3325", "332n", "WIDTH (m), log"),
    logistic("3330-3335", "333n", "HEIGHT (m), log"),
    logistic("3340-3345", "334n", "AREA (m²), log"),
    logistic("3350-3355", "335n", "VOLUME (l), log"),
    logistic("3360-3365", "336n", "VOLUME (m³), log"),
    ai("3370-3375", "KG PER m²", &[N6]).needs(GTIN_ONLY).not_with("337n").attribute(),
    logistic("3400-3405", "340n", "GROSS WEIGHT (lb)"),
    logistic("3410-3415", "341n", "LENGTH (in), log"),
    logistic("3420-3425", "342n", "LENGTH (ft), log"),
    logistic("3430-3435", "343n", "LENGTH (yd), log"),
    logistic("3440-3445", "344n", "WIDTH (in), log"),
    logistic("3450-3455", "345n", "WIDTH (ft), log"),
    logistic("3460-3465", "346n", "WIDTH (yd), log"),
    logistic("3470-3475", "347n", "HEIGHT (in), log"),
    logistic("3480-3485", "348n", "HEIGHT (ft), log"),
    logistic("3490-3495", "349n", "HEIGHT (yd), log"),
    trade("3500-3505", "350n", "AREA (in²)"),
    trade("3510-3515", "351n", "AREA (ft²)"),
    trade("3520-3525", "352n", "AREA (yd²)"),
    logistic("3530-3535", "353n", "AREA (in²), log"),
    logistic("3540-3545", "354n", "AREA (ft²), log"),
    logistic("3550-3555", "355n", "AREA (yd²), log"),
    trade("3560-3565", "356n", "NET WEIGHT (t oz)"),
    trade("3570-3575", "357n", "NET VOLUME (oz)"),
    trade("3600-3605", "360n", "NET VOLUME (qt)"),
    trade("3610-3615", "361n", "NET VOLUME (gal.)"),
    logistic("3620-3625", "362n", "VOLUME (qt), log"),
    logistic("3630-3635", "363n", "VOLUME (gal.), log"),
    trade("3640-3645", "364n", "VOLUME (in³)"),
    trade("3650-3655", "365n", "VOLUME (ft³)"),
    trade("3660-3665", "366n", "VOLUME (yd³)"),
    logistic("3670-3675", "367n", "VOLUME (in³), log"),
    logistic("3680-3685", "368n", "VOLUME (ft³), log"),
    logistic("3690-3695", "369n", "VOLUME (yd³), log"),
    ai("37", "COUNT", &[N_8]).needs(&["00", "02,8026"]).attribute(),
    ai("3900-3909", "AMOUNT", &[N_15]).needs(&["255,8020"]).not_with("390n,391n,394n,8111").attribute(),
    ai("3910-3919", "AMOUNT", &[CURRENCY, N_15]).needs(&["8020"]).not_with("391n").attribute(),
    ai("3920-3929", "PRICE", &[N_15]).needs(&["01", VARIABLE_MEASURE]).not_with("392n,393n").attribute(),
    ai("3930-3939", "PRICE", &[CURRENCY, N_15]).needs(&[VARIABLE_MEASURE]).not_with("393n").attribute(),
    ai("3940-3943", "PRCNT OFF", &[N4]).needs(&["255"]).not_with("394n,8111").attribute(),
    ai("3950-3955", "PRICE/UoM", &[N6]).needs(&[VARIABLE_MEASURE]).not_with("392n,393n,395n,8005").attribute(),
    ai("400", "ORDER NUMBER", &[X_30]).attribute(),
    ai("401", "GINC", &[KEY_30]).key("").attribute(),
    ai("402", "GSIN", &[Component::digits(17, 17).with(&[CheckDigit, CompanyPrefix])]).key("").attribute(),
    ai("403", "ROUTE", &[X_30]).needs(UNIT).attribute(),
    ai("410", "SHIP TO LOC", &[GLN]).attribute(),
    ai("411", "BILL TO", &[GLN]).attribute(),
    ai("412", "PURCHASE FROM", &[GLN]).attribute(),
    ai("413", "SHIP FOR LOC", &[GLN]).attribute(),
    ai("414", "LOC No.", &[GLN]).key("254|7040").attribute(),
    ai("415", "PAY TO", &[GLN]).needs(&["8020"]).key("8020").attribute(),
    ai("416", "PROD/SERV LOC", &[GLN]).attribute(),
    ai("417", "PARTY", &[GLN]).key("7040").attribute(),
    ai("420", "SHIP TO POST", &[X_20]).not_with("421").attribute(),
    ai("421", "SHIP TO POST", &[NATION, X_9]).not_with("4307").attribute(),
    ai("422", "ORIGIN", &[NATION]).needs(ITEM).not_with("426").attribute(),
    ai("423", "COUNTRY - INITIAL PROCESS", NATIONS).needs(GTIN_OR_CONTENT).not_with("426").attribute(),
    ai("424", "COUNTRY - PROCESS", &[NATION]).needs(GTIN_OR_CONTENT).not_with("426").attribute(),
    ai("425", "COUNTRY - DISASSEMBLY", NATIONS).needs(GTIN_OR_CONTENT).not_with("426").attribute(),
    ai("426", "COUNTRY - FULL PROCESS", &[NATION]).needs(GTIN_OR_CONTENT).attribute(),
    ai("427", "ORIGIN SUBDIVISION", &[X_3]).needs(&["01,02", "422"]).attribute(),
    ai("4300", "SHIP TO COMP", &[PERCENT_35]).needs(UNIT).attribute(),
    ai("4301", "SHIP TO NAME", &[PERCENT_35]).needs(UNIT).attribute(),
    ai("4302", "SHIP TO ADD1", &[PERCENT_70]).needs(UNIT).attribute(),
    ai("4303", "SHIP TO ADD2", &[PERCENT_70]).needs(&["4302"]).attribute(),
    ai("4304", "SHIP TO SUB", &[PERCENT_70]).needs(UNIT).attribute(),
    ai("4305", "SHIP TO LOC", &[PERCENT_70]).needs(UNIT).attribute(),
    ai("4306", "SHIP TO REG", &[PERCENT_70]).needs(UNIT).attribute(),
    ai("4307", "SHIP TO COUNTRY", &[X2.with(&[CountryAlpha2])]).needs(UNIT).attribute(),
    ai("4308", "SHIP TO PHONE", &[X_30]).needs(UNIT).attribute(),
    ai("4309", "SHIP TO GEO", GEO).needs(UNIT).attribute(),
    ai("4310", "RTN TO COMP", &[PERCENT_35]).needs(UNIT).attribute(),
    ai("4311", "RTN TO NAME", &[PERCENT_35]).needs(UNIT).attribute(),
    ai("4312", "RTN TO ADD1", &[PERCENT_70]).needs(UNIT).attribute(),
    ai("4313", "RTN TO ADD2", &[PERCENT_70]).needs(&["4312"]).attribute(),
    ai("4314", "RTN TO SUB", &[PERCENT_70]).needs(UNIT).attribute(),
    ai("4315", "RTN TO LOC", &[PERCENT_70]).needs(UNIT).attribute(),
    ai("4316", "RTN TO REG", &[PERCENT_70]).needs(UNIT).attribute(),
    ai("4317", "RTN TO COUNTRY", &[X2.with(&[CountryAlpha2])]).needs(UNIT).attribute(),
    ai("4318", "RTN TO POST", &[X_20]).needs(UNIT).attribute(),
    ai("4319", "RTN TO PHONE", &[X_30]).needs(UNIT).attribute(),
    ai("4320", "SRV DESCRIPTION", &[PERCENT_35]).needs(UNIT).attribute(),
    ai("4321", "DANGEROUS GOODS", &[FLAG]).needs(UNIT).attribute(),
    ai("4322", "AUTH TO LEAVE", &[FLAG]).needs(UNIT).attribute(),
    ai("4323", "SIG REQUIRED", &[FLAG]).needs(UNIT).attribute(),
    ai("4324", "NOT BEF DEL DT", &[DAY_OR_MONTH, HHMM]).needs(UNIT).attribute(),
    ai("4325", "NOT AFT DEL DT", &[DAY_OR_MONTH, HHMM]).needs(UNIT).attribute(),
    ai("4326", "REL DATE", &[DAY]).needs(UNIT).attribute(),
    ai("4330", "MAX TEMP F.", &[N6, MINUS]).needs(UNIT).not_with("4331").attribute(),
    ai("4331", "MAX TEMP C.", &[N6, MINUS]).needs(UNIT).not_with("4330").attribute(),
    ai("4332", "MIN TEMP F.", &[N6, MINUS]).needs(UNIT).not_with("4333").attribute(),
    ai("4333", "MIN TEMP C.", &[N6, MINUS]).needs(UNIT).not_with("4332").attribute(),
    ai("7001", "NSN", &[N13]).needs(ITEM).attribute(),
    ai("7002", "MEAT CUT", &[X_30]).needs(GTIN_OR_CONTENT).attribute(),
    ai("7003", "EXPIRY TIME", &[DAY, HHMM]).needs(GTIN_OR_CONTENT).attribute(),
    ai("7004", "ACTIVE POTENCY", &[N_4]).needs(&["01", "10"]).attribute(),
    ai("7005", "CATCH AREA", &[X_12]).needs(GTIN_OR_CONTENT).attribute(),
    ai("7006", "FIRST FREEZE DATE", &[DAY]).needs(GTIN_OR_CONTENT).attribute(),
    ai("7007", "HARVEST DATE", &[DAY, DAY.optional()]).needs(GTIN_OR_CONTENT).attribute(),
    ai("7008", "AQUATIC SPECIES", &[X_3]).needs(GTIN_OR_CONTENT).attribute(),
    ai("7009", "FISHING GEAR TYPE", &[X_10]).needs(GTIN_OR_CONTENT).attribute(),
    ai("7010", "PROD METHOD", &[X_2]).needs(GTIN_OR_CONTENT).attribute(),
    ai("7011", "TEST BY DATE", &[DAY, HHMM.optional()]).needs(GTIN_OR_CONTENT).attribute(),
    ai("7020", "REFURB LOT", &[X_20]).needs(&["01,8006", "416"]).attribute(),
    ai("7021", "FUNC STAT", &[X_20]).needs(GTIN_OR_PIECE).attribute(),
    ai("7022", "REV STAT", &[X_20]).needs(&["7021"]).attribute(),
    ai("7023", "GIAI - ASSEMBLY", &[KEY_30]).attribute(),
    ai("7030-7039", "PROCESSOR", PROCESSOR).needs(GTIN_OR_CONTENT).attribute(),
    ai("7040", "UIC+EXT", &[Component::digits(1, 1), X1, X1, X1.with(&[ImporterIndex])]),
    ai("7041", "UFRGT UNIT TYPE", &[Component::text(1, 4).with(&[PackageType])]).needs(UNIT),
    ai("710", "NHRN PZN", &[X_20]).needs(GTIN_ONLY).attribute(),
    ai("711", "NHRN CIP", &[X_20]).needs(GTIN_ONLY).attribute(),
    ai("712", "NHRN CN", &[X_20]).needs(GTIN_ONLY).attribute(),
    ai("713", "NHRN DRN", &[X_20]).needs(GTIN_ONLY).attribute(),
    ai("714", "NHRN AIM", &[X_20]).needs(GTIN_ONLY).attribute(),
    ai("715", "NHRN NDC", &[X_20]).needs(GTIN_ONLY).attribute(),
    ai("716", "NHRN AIC", &[X_20]).needs(GTIN_ONLY).attribute(),
    ai("717", "NHRN", &[X_20]).needs(GTIN_ONLY).attribute(),
    ai("7230-7239", "CERT", &[X2, X_28]).needs(&["01,8004"]).attribute(),
    ai("7240", "PROTOCOL", &[X_20]).needs(GTIN_OR_PIECE).attribute(),
    ai("7241", "AIDC MEDIA TYPE", &[N2.with(&[MediaType])]).needs(PERSON).attribute(),
    ai("7242", "VCN", &[X_25]).needs(PERSON).attribute(),
    ai("7250", "DOB", BIRTH_DATE).needs(RECIPIENT).not_with("7251").attribute(),
    ai("7251", "DOB TIME", BIRTH_TIME).needs(RECIPIENT).not_with("7250").attribute(),
    ai("7252", "BIO SEX", &[Component::digits(1, 1).with(&[SexCode])]).needs(RECIPIENT).attribute(),
    ai("7253", "FAMILY NAME", &[PERCENT_40]).needs(PERSON).not_with("7256,7259").attribute(),
    ai("7254", "GIVEN NAME", &[PERCENT_40]).needs(PERSON).not_with("7256,7259").attribute(),
    ai("7255", "SUFFIX", &[X_10]).needs(PERSON).not_with("7256,7259").attribute(),
    ai("7256", "FULL NAME", &[X_90.with(&[PercentEncoded])]).needs(PERSON).attribute(),
    ai("7257", "PERSON ADDR", &[PERCENT_70]).needs(RECIPIENT).attribute(),
    ai("7258", "BIRTH SEQUENCE", &[Component::text(3, 3).with(&[PositionOfEnd])]).needs(&["8018+7259"]).attribute(),
    ai("7259", "BABY", &[PERCENT_40]).needs(RECIPIENT).not_with("7256").attribute(),
    ai("8001", "DIMENSIONS", ROLL).needs(GTIN_ONLY).attribute(),
    ai("8002", "CMT No.", &[X_20]).attribute(),
    ai("8003", "GRAI", GRAI).key("").attribute(),
    ai("8004", "GIAI", &[KEY_30]).key("7040").attribute(),
    ai("8005", "PRICE PER UNIT", &[N6]).needs(GTIN_OR_CONTENT).attribute(),
    ai("8006", "ITIP", &[GTIN, PIECE]).not_with("01,37").key("22,10,21").attribute(),
    ai("8007", "IBAN", &[Component::text(1, 34).with(&[Iban])]).needs(&["415"]).attribute(),
    ai("8008", "PROD TIME", PRODUCTION_TIME).needs(GTIN_OR_CONTENT).attribute(),
    ai("8009", "OPTSEN", &[X_50]).needs(UNIT_OR_GTIN).attribute(),
    ai("8010", "CPID", &[Component::part_number(1, 30).with(&[CompanyPrefix])]).key("8011").attribute(),
    ai("8011", "CPID SERIAL", &[N_12.with(&[NoZeroPrefix])]).needs(&["8010"]),
    ai("8012", "VERSION", &[X_20]).needs(GTIN_OR_PIECE).attribute(),
    ai("8013", "GMN", &[X_25.with(&[AlphaCheckPair, CompanyPrefix])]).key("").attribute(),
    ai("8014", "MUDI", &[X_25.with(&[AlphaCheckPair, CompanyPrefix, HasNonDigit])]).needs(GTIN_ONLY),
    ai("8017", "GSRN - PROVIDER", &[GSRN]).not_with("8018").key("8019").attribute(),
    ai("8018", "GSRN - RECIPIENT", &[GSRN]).not_with("8017").key("8019").attribute(),
    ai("8019", "SRIN", &[N_10]).needs(PERSON),
    ai("8020", "REF No.", &[X_25]).needs(&["415"]),
    ai("8026", "ITIP CONTENT", &[GTIN, PIECE]).needs(&["37"]).not_with("02,8006").attribute(),
    ai("8030", "DIGSIG", &[Component::base64(1, 90)]).needs(SIGNED).attribute(),
    ai("8110", "COUPON CODE", &[X_70.with(&[CouponCode])]).attribute(),
    ai("8111", "POINTS", &[N4]).needs(&["255"]).attribute(),
    ai("8112", "COUPON CODE, POSITIVE OFFER", &[X_70.with(&[CouponPositiveOffer])]).attribute(),
    ai("8200", "PRODUCT URL", &[X_70]).needs(GTIN_ONLY),
    ai("90", "INTERNAL", &[X_30]).attribute(),
    ai("91-99", "INTERNAL", &[X_90]).attribute(),
];
