# SPDX-License-Identifier: MIT
#
# cmake -DCOMMAND=… -P must_trap.cmake
#
# Runs a program that must trap in its crime: it got that far, did not survive it, and ended by a trap,
# not by a memory fault or an exit. The name of a trap depends on the processor and on Node.

execute_process(COMMAND ${COMMAND} OUTPUT_VARIABLE output ERROR_VARIABLE errors RESULT_VARIABLE result)
set(story "result: ${result}\noutput: ${output}\nerrors: ${errors}")
if(NOT output MATCHES "committing")
  message(FATAL_ERROR "the crime was not reached\n${story}")
endif()
if(output MATCHES "survived")
  message(FATAL_ERROR "the crime was not noticed\n${story}")
endif()
if(NOT "${result} ${errors}" MATCHES "Illegal instruction|Trace/breakpoint|unreachable|[Aa]bort")
  message(FATAL_ERROR "it ended otherwise than by a trap\n${story}")
endif()
