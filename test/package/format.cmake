# SPDX-License-Identifier: MIT
#
# Every C file is as clang-format leaves it: cmake -DROOT=… -DCLANG_FORMAT=… -P format.cmake
cmake_minimum_required(VERSION 3.23)

if(NOT CLANG_FORMAT)
  message(FATAL_ERROR "clang-format is not installed (Debian: apt-get install clang-format-14)")
endif()
set(files "")
foreach(folder include src wasm web test docs bench)
  file(GLOB_RECURSE found ${ROOT}/${folder}/*.c ${ROOT}/${folder}/*.h)
  list(APPEND files ${found})
endforeach()
execute_process(COMMAND ${CLANG_FORMAT} --dry-run --Werror --style=file ${files}
  RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "not formatted as .clang-format says; mend it with: clang-format -i FILE")
endif()
