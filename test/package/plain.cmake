# SPDX-License-Identifier: MIT
#
# Compiles src/*/*.c as somebody without CMake would, and checks that the core asks for nothing but
# memcpy, memmove and memset, and weakly for what this malloc has if the program contains it.
#
#   cmake -DROOT=… -DWORK=… -DCC=… -DFLAGS=… -DNM=… -P plain.cmake
cmake_minimum_required(VERSION 3.23)

# Position-independent 32-bit x86 code refers to its own table; it is no function.
set(allowed memcpy memmove memset _GLOBAL_OFFSET_TABLE_ __stack_pointer __linear_memory
  __indirect_function_table __memory_base __table_base)

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
# The modules of src/arena are wasm alone.
file(GLOB sources ${ROOT}/src/core/*.c ${ROOT}/src/malloc/*.c ${ROOT}/src/port/*.c ${ROOT}/src/tools/*.c)
file(GLOB core_sources ${ROOT}/src/core/*.c)
separate_arguments(flags UNIX_COMMAND "${FLAGS}")

function(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY ${WORK} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# As plain as the sentence says, of all files: one that is not for this platform gives an empty
# object.
run(${CC} ${flags} -I${ROOT}/include -I${ROOT}/src -c ${sources})

# Then without what a distribution's compiler adds by itself, at several levels.
list(TRANSFORM core_sources REPLACE ".*/(.+)[.]c" "\\1.o" OUTPUT_VARIABLE objects)
foreach(level 0 2 s)
  run(${CC} ${flags} -std=c11 -ffreestanding -fno-stack-protector -U_FORTIFY_SOURCE -O${level}
    -I${ROOT}/include -I${ROOT}/src -c ${core_sources})
  execute_process(COMMAND ${NM} -P -A ${objects} OUTPUT_VARIABLE symbols
    WORKING_DIRECTORY ${WORK} COMMAND_ERROR_IS_FATAL ANY)
  string(REPLACE "\n" ";" symbols "${symbols}")
  set(defined "")
  set(wanted "")
  foreach(symbol ${symbols})
    if(symbol MATCHES "^[^ ]+ ([^ ]+) [Uwv]( |$)")
      list(APPEND wanted ${CMAKE_MATCH_1})
    elseif(symbol MATCHES "^[^ ]+ ([^ ]+) [A-Zi]")
      list(APPEND defined ${CMAKE_MATCH_1})
    endif()
  endforeach()
  if(NOT "segfit_alloc" IN_LIST defined)
    message(FATAL_ERROR "-O${level}: no segfit_alloc; is ${NM} for this target?\n${symbols}")
  endif()
  list(REMOVE_DUPLICATES wanted)
  list(REMOVE_ITEM wanted ${defined} ${allowed})
  list(FILTER wanted EXCLUDE REGEX "^segfit__inspection_of_malloc__")
  if(wanted)
    message(FATAL_ERROR "-O${level}: the core asks for ${wanted}")
  endif()
endforeach()
