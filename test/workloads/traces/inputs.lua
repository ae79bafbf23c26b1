-- SPDX-License-Identifier: MIT
-- What the Lua trace does: objects with a few fields, closures, strings put together and taken apart,
-- tables that grow, and garbage.
local state = 20260101

local function random(below)
  state = (state * 1103515245 + 12345) % 2147483648
  return state // 65536 % below
end

local Account = {}
Account.__index = Account

local function account(name)
  return setmetatable({ name = name, balance = 0, history = {} }, Account)
end

function Account:book(cents, text)
  self.balance = self.balance + cents
  self.history[#self.history + 1] = { cents = cents, text = text }
end

local accounts, order = {}, {}
for number = 1, 120 do
  local name = ('account %04d'):format(number * 7919 % 10007)
  accounts[name] = account(name)
  order[number] = name
end

for booking = 1, 6000 do
  local name = order[random(#order) + 1]
  accounts[name]:book(random(10000) - 5000, ('booking %d of %s'):format(booking, name))
  if booking % 40 == 0 then
    accounts[name].history = {}
  end
end

local report = {}
for _, name in ipairs(order) do
  local words = {}
  for _, entry in ipairs(accounts[name].history) do
    for word in entry.text:gmatch('%a+') do
      words[word] = (words[word] or 0) + 1
    end
  end
  report[#report + 1] = function()
    return name .. ': ' .. accounts[name].balance .. ', ' .. (words.booking or 0) .. ' bookings'
  end
end

table.sort(order)
for _, line in ipairs(report) do
  print(line())
end
