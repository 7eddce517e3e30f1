"""An ESRI grid (the files of Arc/Info, which GDAL reads and cannot write) of small classes, written byte by byte."""

import struct

import numpy as np

TILE = (4, 256)  # rows and columns of one block of the file
MISSING = 255
RAW_BYTES = 0x08  # form of a tile: its cells as they are, one byte each, above a least value of no bytes
MAGIC = bytes.fromhex("0000270afffffc14")


def write(folder, classes, left, top, cell, zone):
    """Write the classes (0 to 254, MISSING) with the upper left corner at (left, top) of a zone of UTM."""
    folder.mkdir()
    rows, cols = classes.shape
    down, across = -(-rows // TILE[0]), -(-cols // TILE[1])
    header = bytearray(308)
    header[:8] = b"GRID1.2\0"
    struct.pack_into(">i", header, 16, 1)  # whole numbers
    struct.pack_into(">i", header, 20, 0)  # tiles say their form
    struct.pack_into(">2d", header, 256, cell, cell)
    struct.pack_into(">5i", header, 288, across, down, TILE[1], 1, TILE[0])
    (folder / "hdr.adf").write_bytes(header)
    bounds = (left, top - rows * cell, left + cols * cell, top)
    (folder / "dblbnd.adf").write_bytes(struct.pack(">4d", *bounds))
    (folder / "sta.adf").write_bytes(struct.pack(">4d", 0, 254, 1, 1))
    projection = {"Projection": "UTM", "Datum": "WGS84", "Units": "METERS", "Zone": zone, "Xshift": "0.0", "Yshift": "0.0"}
    lines = [f"{name:14}{value}\n" for name, value in projection.items()]
    (folder / "prj.adf").write_text("".join([*lines, "Parameters\n"]), encoding="ascii")
    padded = np.full((down * TILE[0], across * TILE[1]), MISSING, np.uint8)
    padded[:rows, :cols] = classes
    data, index = bytearray(100), bytearray(100)
    for row in range(down):
        for col in range(across):
            block = padded[row * TILE[0] :, col * TILE[1] :][: TILE[0], : TILE[1]]
            content = bytes([RAW_BYTES, 0]) + block.tobytes()
            index += struct.pack(">2i", len(data) // 2, len(content) // 2)
            data += struct.pack(">H", len(content) // 2) + content
    for name, content in (("w001001.adf", data), ("w001001x.adf", index)):
        content[:8] = MAGIC
        struct.pack_into(">i", content, 24, len(content) // 2)
        (folder / name).write_bytes(content)
    return folder
