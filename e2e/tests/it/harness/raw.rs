//! The raw archive, read with nothing of ours: files, zstd, JSON.

use std::path::Path;

use serde_json::Value;

/// A line of the archive.
#[derive(Debug, Clone)]
pub(crate) struct RawMessage {
    pub(crate) journal: String,
    pub(crate) seq: u64,
    pub(crate) payload: Vec<u8>,
}

/// Every line of every object below the object store's directory, in the order of journal and position.
pub(crate) fn raw_messages(data: &Path) -> Vec<RawMessage> {
    let files = raw_files(&data.join("s3"));
    let mut messages: Vec<RawMessage> = files.iter().flat_map(|file| raw_lines(file)).collect();
    messages.sort_by(|a, b| (&a.journal, a.seq).cmp(&(&b.journal, b.seq)));
    messages
}

/// The objects with messages below an object store's directory.
pub(crate) fn raw_files(store: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    find(store, &mut files);
    files
}

fn find(dir: &Path, files: &mut Vec<std::path::PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.to_string_lossy().ends_with(".jsonl.zst") {
            files.push(path);
        }
    }
}

/// The lines of one object.
pub(crate) fn raw_lines(file: &Path) -> Vec<RawMessage> {
    let name = file.file_name().expect("a name").to_string_lossy().into_owned();
    let bytes = zstd::decode_all(std::fs::File::open(file).expect("an object")).expect("zstd");
    let text = String::from_utf8(bytes).expect("JSON lines are UTF-8");
    text.lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).expect("a JSON line");
            let payload = match (&line["payload"], &line["payload_base64"]) {
                (Value::String(text), _) => text.clone().into_bytes(),
                (_, Value::String(base64)) => decode_base64(base64),
                _ => panic!("a line without payload: {line}"),
            };
            RawMessage {
                journal: name[..36].to_owned(),
                seq: line["seq"].as_u64().expect("seq"),
                payload,
            }
        })
        .collect()
}

/// RFC 4648 section 4, written anew: the archive must not be its own judge.
fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter(|byte| *byte != b'=').map(|byte| {
        let place = ALPHABET
            .iter()
            .position(|digit| *digit == byte)
            .expect("a base64 digit");
        u32::try_from(place).expect("below 64")
    });
    let (mut bits, mut count, mut bytes) = (0u32, 0, Vec::new());
    for digit in digits {
        (bits, count) = ((bits << 6) | digit, count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).expect("a byte"));
        }
    }
    bytes
}
