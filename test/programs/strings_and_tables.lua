-- SPDX-License-Identifier: MIT
-- Makes strings and tables of all sizes, drops most of them, and prints checksums of what is left.
-- The output is the same on every platform: no address, no hash order, no memory figure is printed.

local random = 20260101

local function below(bound)
  random = (random * 6364136223846793005 + 1442695040888963407)
  return (random >> 33) % bound
end

local function checksum(text)
  local sum = 5381
  for i = 1, #text do
    sum = (sum * 33 + text:byte(i)) & 0xffffffff
  end
  return sum
end

local function report(name, ...)
  print(name, ...)
end

-- Strings of many sizes, held in a table that forgets them again: churn of small and medium blocks.
local function churn()
  local held, sum = {}, 0
  for i = 1, 120000 do
    local slot = below(3000) + 1
    local size = below(20) == 0 and below(4000) or below(60)
    held[slot] = string.rep(string.char(97 + i % 26), size, i % 7 == 0 and "-" or "")
  end
  for slot = 1, 3000 do
    sum = (sum * 31 + #(held[slot] or "") + checksum(held[slot] or "")) & 0xffffffff
  end
  report("churn", sum)
end

-- A string that grows by appending: each step is a longer block than the last.
local function append()
  local text = ""
  for i = 1, 3000 do
    text = text .. i .. ","
  end
  report("append", #text, checksum(text))
end

-- table.concat and string.format into one large buffer, that Lua grows by realloc.
local function concat()
  local parts = {}
  for i = 1, 60000 do
    local word = i % 3 == 0 and "fizz" or ""
    parts[i] = string.format("%06d:%x:%s", i, i * 2654435761 & 0xffffffff, word)
  end
  local text = table.concat(parts, "\n")
  report("concat", #text, checksum(text:sub(-100000)))
  local upper = text:upper():gsub("FIZZ", "buzz")
  report("gsub", #upper, checksum(upper:sub(1, 100000)))
end

-- Arrays that double by realloc, side by side.
local function vectors()
  local rows = {}
  for r = 1, 200 do
    rows[r] = {}
  end
  for i = 1, 200000 do
    local row = rows[below(200) + 1]
    row[#row + 1] = i
  end
  local sum = 0
  for r = 1, 200 do
    sum = (sum * 31 + #rows[r] + (rows[r][1] or 0)) & 0xffffffff
  end
  report("vectors", sum)
end

-- Hash parts that grow and shrink.
local function words()
  local count, names = {}, {}
  for _ = 1, 80000 do
    local word = "w" .. below(9000)
    if not count[word] then
      names[#names + 1] = word
      count[word] = 0
    end
    count[word] = count[word] + 1
  end
  table.sort(names, function(a, b)
    return count[a] > count[b] or (count[a] == count[b] and a < b)
  end)
  report("words", #names, names[1], count[names[1]], names[#names], count[names[#names]])
end

-- Trees of small tables, most of them garbage at once.
local function tree(depth)
  if depth == 0 then
    return { 1 }
  end
  return { tree(depth - 1), tree(depth - 1) }
end

local function weight(node)
  return node[2] and weight(node[1]) + weight(node[2]) or node[1]
end

local function trees()
  local sum, long_lived = 0, tree(13)
  for _ = 1, 20 do
    sum = sum + weight(tree(10))
  end
  report("trees", sum, weight(long_lived))
end

-- Errors and coroutines: each takes a stack of its own, and a jump gives it up.
local function jumps()
  local caught, sum = 0, 0
  for i = 1, 3000 do
    local ok, problem = pcall(function()
      local garbage = string.rep("x", below(2000))
      if i % 2 == 0 then
        error({ size = #garbage })
      end
      return garbage
    end)
    if not ok then
      caught = caught + 1
      sum = (sum * 31 + problem.size) & 0xffffffff
    end
  end
  report("errors", caught, sum)
  local threads = {}
  for i = 1, 2000 do
    threads[i] = coroutine.wrap(function(first)
      local total = first
      while true do
        total = total + coroutine.yield(total)
      end
    end)
  end
  local last = 0
  for round = 1, 20 do
    for i = 1, #threads, round do
      last = last + threads[i](i)
    end
  end
  report("coroutines", last)
end

for round = 1, 2 do
  report("round", round)
  churn()
  append()
  concat()
  vectors()
  words()
  trees()
  jumps()
  collectgarbage()
end
