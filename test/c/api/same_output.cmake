# SPDX-License-Identifier: MIT
#
# cmake -DFIRST=… -DSECOND=… -P same_output.cmake
#
# Runs two programs, which must both succeed and print the same.

execute_process(COMMAND ${FIRST} OUTPUT_VARIABLE first COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${SECOND} OUTPUT_VARIABLE second COMMAND_ERROR_IS_FATAL ANY)
if(first STREQUAL "")
  message(FATAL_ERROR "the first program prints nothing")
endif()
if(NOT first STREQUAL second)
  message(FATAL_ERROR "the two print differently: ${FIRST} and ${SECOND}")
endif()
