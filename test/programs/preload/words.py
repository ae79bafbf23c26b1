# SPDX-License-Identifier: MIT
"""Work for Python that asks its malloc for much: strings, dictionaries, sorting, JSON, regular
expressions, big integers, and blocks that live on while others go."""
import collections
import json
import random
import re

random.seed(7)
letters = "abcdefghijklmnopqrstuvwxyz"
words = ["".join(random.choices(letters, k=random.randint(1, 14))) for _ in range(60000)]
counts = collections.Counter(word[:2] for word in words)
index = collections.defaultdict(list)
for place, word in enumerate(words):
    index[len(word), word[0]].append((place, word))
print(len(index), counts.most_common(3))

text = json.dumps({"words": words, "index": {f"{n}{c}": v for (n, c), v in index.items()}})
again = json.loads(text)
print(len(text), again["words"] == words, sorted(again["index"])[:5])

print(len(re.findall(r"\b(\w)\w*\1\b", " ".join(words))))
kept = []
for step in range(40):
    table = {word: [step, word * (step % 5)] for word in words[step::40]}
    kept.append(list(table.values())[:: 5 + step % 3])
print(sum(len(word) for rows in kept for _, word in rows))
number = 1
for factor in range(2, 1500):
    number *= factor
print(number % 10**12, number.bit_length())
buffers = [bytearray(random.randint(1, 200000)) for _ in range(200)]
for buffer in buffers[::2]:
    buffer.extend(buffer)
print(sum(map(len, buffers)))
