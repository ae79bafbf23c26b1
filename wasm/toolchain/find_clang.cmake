# SPDX-License-Identifier: MIT
#
# segfit_find_clang(VARIABLE predicate): the first clang, newest tested version first, for which the
# function `predicate`(path result) sets result to true. Stored in the cache; VARIABLE given by the
# user stays.
function(segfit_find_clang variable predicate)
  if(${variable})
    return()
  endif()
  foreach(version -19 -20 -21 -22 -18 -17 -16 -15 -14 "")
    find_program(candidate clang${version} NO_CACHE NO_CMAKE_FIND_ROOT_PATH)
    if(candidate)
      cmake_language(CALL ${predicate} ${candidate} fits)
      if(fits)
        set(${variable} ${candidate} CACHE FILEPATH "The clang for this target")
        return()
      endif()
    endif()
    unset(candidate)
  endforeach()
endfunction()

# Sets CMAKE_AR, CMAKE_RANLIB and CMAKE_NM, or those of them that are named, to LLVM's of any
# version, from beside `clang` where they are there: the system's own may not know WebAssembly
# objects.
macro(segfit_use_llvm_tools clang)
  get_filename_component(llvm_bin "${clang}" REALPATH)
  get_filename_component(llvm_bin "${llvm_bin}" DIRECTORY)
  set(llvm_tools ${ARGN})
  if(NOT llvm_tools)
    set(llvm_tools ar ranlib nm)
  endif()
  foreach(tool ${llvm_tools})
    string(TOUPPER CMAKE_${tool} tool_variable)
    set(tool_names llvm-${tool})
    foreach(version 19 20 21 22 18 17 16 15 14)
      list(APPEND tool_names llvm-${tool}-${version})
    endforeach()
    find_program(${tool_variable} NAMES ${tool_names} HINTS "${llvm_bin}" NO_CMAKE_FIND_ROOT_PATH)
    if(NOT ${tool_variable})
      message(FATAL_ERROR "no llvm-${tool} (Debian: apt-get install llvm-19)")
    endif()
  endforeach()
endmacro()
