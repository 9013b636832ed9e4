//! Units in the codes that search engines and traders read.

/// The UN/CEFACT common code of a unit, by its code in UCUM; `None` where there is none, or none that is certain.
pub(super) fn un_cefact(ucum: &str) -> Option<&'static str> {
    let code = match ucum {
        "Cel" => "CEL",
        "K" => "KEL",
        "[degF]" => "FAH",
        "%" => "P1",
        "W" => "WTT",
        "kW" => "KWT",
        "MW" => "MAW",
        "W.h" => "WHR",
        "kW.h" => "KWH",
        "MW.h" => "MWH",
        "J" => "JOU",
        "V" => "VLT",
        "kV" => "KVT",
        "A" => "AMP",
        "C" => "COU",
        "Ohm" => "OHM",
        "Hz" => "HTZ",
        "Pa" => "PAL",
        "hPa" => "A97",
        "bar" => "BAR",
        "m3.h-1" => "MQH",
        "L.min-1" => "L2",
        "m3" => "MTQ",
        "L" => "LTR",
        "kg" => "KGM",
        "t" => "TNE",
        "m.s-1" => "MTS",
        "km.h-1" => "KMH",
        "mm" => "MMT",
        "cm" => "CMT",
        "m" => "MTR",
        "km" => "KMT",
        "s" => "SEC",
        "min" => "MIN",
        "h" => "HUR",
        "d" => "DAY",
        "deg" => "DD",
        "W.m-2" => "D54",
        "V.A" => "D46",
        "kV.A" => "KVA",
        "V.A{reactive}" | "var" => "D44",
        "kV.A{reactive}" | "kvar" => "KVR",
        "{#}.min-1" => "M46",
        _ => return None,
    };
    Some(code)
}

/// The address of a kind of quantity in QUDT.
pub(super) fn quantity_kind(kind: &str) -> String {
    format!("http://qudt.org/vocab/quantitykind/{kind}")
}
