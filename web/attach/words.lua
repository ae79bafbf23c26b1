-- SPDX-License-Identifier: MIT
-- Writes texts, keeps them for a while and drops them, forever.

local random = 20261123

local function below(bound)
  random = (random * 6364136223846793005 + 1442695040888963407)
  return (random >> 33) % bound
end

-- Long-lived texts. From time to time a drawer is emptied, which frees the memory of a whole
-- season.
local drawers = {}

local function write(length)
  local parts = {}
  for i = 1, length do
    parts[i] = string.char(97 + below(26), 97 + below(26)) .. string.rep("-", below(9))
  end
  return table.concat(parts, " ")
end

local season = 0
while true do
  season = season + 1
  local drawer = {}
  for i = 1, 120 do
    drawer["letter " .. season .. "/" .. i] = write(4 + below(60))
    if below(40) == 0 then
      drawer["book " .. i] = string.rep(write(20), 4 + below(40))
    end
  end
  drawers[1 + below(24)] = drawer
  if season % 30 == 0 then
    for i = 1, 24 do
      if below(3) > 0 then drawers[i] = nil end
    end
    collectgarbage()
  end
end
