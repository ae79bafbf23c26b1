# SPDX-License-Identifier: MIT
"""Work for Python that asks its malloc for much: strings, dictionaries, sorting, JSON, regular
expressions, big integers, and blocks that live on while others go."""
import collections
import concurrent.futures
import json
import os
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


def digits(seed):
    """Work for one of several threads or processes."""
    own = random.Random(seed)
    numbers = [str(own.getrandbits(own.randint(1, 4000))) for _ in range(800)]
    return sum(map(len, sorted(numbers)))


with concurrent.futures.ThreadPoolExecutor(4) as pool:
    print(list(pool.map(digits, range(12))))
answers = []
for seed in range(6):
    end, begin = os.pipe()
    if os.fork() == 0:
        os.write(begin, str(digits(seed)).encode())
        os._exit(0)
    os.close(begin)
    answers.append(end)
print([int(os.read(answer, 100)) for answer in answers])
