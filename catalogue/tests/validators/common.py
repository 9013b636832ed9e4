"""What all scripts share: the folder of documents, no network, and an account of what was accepted and refused."""

import json
import pathlib
import socket
import sys

FOLDER = pathlib.Path(sys.argv[1])
SHAPES = pathlib.Path(sys.argv[2])
CATALOGUES = ["full", "minimal", "hostile"]


def no_network(*_):
    raise RuntimeError("a validator reached for the network")


socket.socket.connect = no_network
socket.create_connection = no_network
socket.getaddrinfo = no_network

accepted = 0
refused = 0
asleep = []


def accept(name, problems):
    global accepted
    if problems:
        sys.exit(f"{name} should be accepted, but: {problems}")
    accepted += 1


def refuse(name, problems):
    global refused
    if problems:
        refused += 1
    else:
        asleep.append(name)


def same(name, read, written):
    if read != written:
        sys.exit(f"{name} came back as {read!r}, but is {written!r}")


def said(catalogue):
    return json.loads((FOLDER / catalogue / "said.json").read_text())


def finish():
    if asleep:
        sys.exit(f"should be refused, and are not: {asleep}")
    print(json.dumps({"accepted": accepted, "refused": refused}))
