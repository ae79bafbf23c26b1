// SPDX-License-Identifier: MIT
/// A Lua that runs a little at a time, so that a page can draw its heap between two steps.
///
/// The program knows nothing of being watched: the page reads its memory, and needs two addresses.
#include "segfit/inspect.h"
#include "segfit/malloc.h"

#include "lauxlib.h"
#include "lua.h"
#include "lualib.h"

#include <emscripten.h>
#include <string.h>

static lua_State *program;
static lua_State *thread;
static char message[256];

/// The address of the heap behind malloc.
EMSCRIPTEN_KEEPALIVE const void *watched_heap(void)
{
    return segfit_malloc_heap();
}

/// The address of the layout by which that heap is read.
EMSCRIPTEN_KEEPALIVE const void *watched_layout(void)
{
    return segfit_malloc_layout();
}

/// Why the program ended, or "".
EMSCRIPTEN_KEEPALIVE const char *program_message(void)
{
    return message;
}

static void keep_message(lua_State *state)
{
    const char *const text = lua_tostring(state, -1);
    strncpy(message, text == NULL ? "an error without a message" : text, sizeof message - 1);
}

static void stop_here(lua_State *state, lua_Debug *where)
{
    (void)where;
    lua_yield(state, 0);
}

/// Ends what runs, and gives back all of its memory.
EMSCRIPTEN_KEEPALIVE void program_end(void)
{
    if (program != NULL) {
        lua_close(program);
        program = NULL;
    }
}

/// Begins a program; false if it cannot be compiled.
EMSCRIPTEN_KEEPALIVE int program_start(const char *source)
{
    program_end();
    message[0] = '\0';
    program = luaL_newstate();
    if (program == NULL) {
        strcpy(message, "no memory for a Lua state");
        return 0;
    }
    luaL_openlibs(program);
    thread = lua_newthread(program);
    if (luaL_loadstring(thread, source) != LUA_OK) {
        keep_message(thread);
        return 0;
    }
    return 1;
}

/// Runs about `instructions` of it. False when it has ended.
EMSCRIPTEN_KEEPALIVE int program_step(int instructions)
{
    if (program == NULL) {
        return 0;
    }
    lua_sethook(thread, stop_here, LUA_MASKCOUNT, instructions);
    int results = 0;
    const int status = lua_resume(thread, NULL, 0, &results);
    if (status != LUA_YIELD && status != LUA_OK) {
        keep_message(thread);
    }
    return status == LUA_YIELD;
}
