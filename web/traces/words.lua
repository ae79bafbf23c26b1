-- SPDX-License-Identifier: MIT
-- Counts words, joins them, builds a small tree: tables that grow, strings of many lengths, garbage.

local text = [[
  The heap is a row of blocks and every block is used or free. A free block waits in a list for a
  program that wants its size. When two free blocks meet they become one, and when a block is too
  large it is cut in two. So the heap is never tidy and never still, and yet each step is short.
]]

local counts, order = {}, {}
for word in text:lower():gmatch("%a+") do
  if not counts[word] then
    counts[word] = 0
    order[#order + 1] = word
  end
  counts[word] = counts[word] + 1
end
table.sort(order)

local lines = {}
for index, word in ipairs(order) do
  lines[index] = string.format("%-10s %s", word, ("*"):rep(counts[word]))
end
local report = table.concat(lines, "\n")

local function tree(depth)
  if depth == 0 then
    return { leaf = true }
  end
  return { tree(depth - 1), tree(depth - 1), name = "node of depth " .. depth }
end

-- Each round drops most of what it made and keeps a little, so that what stays lies in between.
local kept = {}
for round = 1, 5 do
  local whole = tree(2 + round % 3)
  local parts = {}
  for index = 1, 28 + 6 * (round % 2) do
    local length = 20 + (index * 37 * round) % 900
    parts[index] = report:sub(index, index + length)
    if index % 6 == round % 6 then
      kept[#kept + 1] = parts[index]:upper()
    end
  end
  if round % 2 == 0 then
    kept[round] = table.concat(parts, " ", 1, 8)
  end
  whole, parts = nil, nil
  collectgarbage()
end

print(#report, #order, #kept)
