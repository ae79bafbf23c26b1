# SPDX-License-Identifier: MIT
#
# Emscripten's own toolchain file, found beside the emcc on PATH or in EMSDK.
find_program(SEGFIT_EMCC emcc HINTS "$ENV{EMSDK}/upstream/emscripten" NO_CMAKE_FIND_ROOT_PATH)
if(NOT SEGFIT_EMCC)
  message(FATAL_ERROR "emcc is not on PATH (Debian: apt-get install emscripten)")
endif()
get_filename_component(emscripten_root "${SEGFIT_EMCC}" REALPATH)
get_filename_component(emscripten_root "${emscripten_root}" DIRECTORY)
# The node on PATH runs the tests, not the one that a system installs for Emscripten's own use.
find_program(SEGFIT_NODE node NO_CMAKE_FIND_ROOT_PATH)
set(CMAKE_CROSSCOMPILING_EMULATOR ${SEGFIT_NODE})
include("${emscripten_root}/cmake/Modules/Platform/Emscripten.cmake")
include(${CMAKE_CURRENT_LIST_DIR}/find_clang.cmake)
segfit_use_llvm_tools("${SEGFIT_EMCC}" nm)
set(SEGFIT_EXECUTABLE_SUFFIX ".js")
