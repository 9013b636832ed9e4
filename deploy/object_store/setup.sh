#!/bin/sh
# Makes the bucket, the collector's key and the readers' key. Running it again changes nothing.
set -eu

fail() {
    echo "setup: $*" >&2
    exit 1
}

# have_key NAME ID SECRET
have_key() {
    if ! known=$(/garage key info --show-secret "$2" 2>/dev/null); then
        /garage key import --yes -n "$1" "$2" "$3" >/dev/null || fail "import the key $2"
        return
    fi
    case $known in
    *"$3"*) ;;
    *) fail "the key $2 has another secret than was given; an ID keeps its secret: choose a new ID with a new secret" ;;
    esac
}

/garage status >/dev/null || fail "reach Garage"
have_key fieldbook-collector "$WRITER_KEY_ID" "$WRITER_SECRET"
have_key fieldbook-reader "$READER_KEY_ID" "$READER_SECRET"
/garage bucket info "$BUCKET" >/dev/null 2>&1 || /garage bucket create "$BUCKET" >/dev/null
/garage bucket allow --read --write "$BUCKET" --key "$WRITER_KEY_ID" >/dev/null
/garage bucket allow --read "$BUCKET" --key "$READER_KEY_ID" >/dev/null
/garage bucket deny --write --owner "$BUCKET" --key "$READER_KEY_ID" >/dev/null
echo "setup: the bucket $BUCKET: $WRITER_KEY_ID reads and writes, $READER_KEY_ID reads"
