# SPDX-License-Identifier: MIT
# What the Python trace does: JSON written and read, dictionaries, a regular expression, sorting.
import json
import re


def order(number):
    items = [{"name": f"item {k}", "cents": number * k * 37 % 9973} for k in range(number % 5 + 1)]
    return {"id": number, "customer": f"customer {number * 7919 % 1009}", "items": items}


orders = [order(number) for number in range(250)]
text = json.dumps(orders)
by_customer = {}
for one in json.loads(text):
    by_customer.setdefault(one["customer"], []).append(one)
totals = {
    name: sum(item["cents"] for one in found for item in one["items"])
    for name, found in by_customer.items()
}
words = {}
for word in re.findall(r"[a-z]+", text):
    words[word] = words.get(word, 0) + 1
for name, cents in sorted(totals.items(), key=lambda pair: -pair[1])[:20]:
    print(f"{name:20} {cents / 100:10.2f}")
print(sorted(words.items()), len(text))
