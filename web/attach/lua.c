// SPDX-License-Identifier: MIT
// Runs Lua in small steps, so that a page can draw its heap between two steps.
//
// The Lua program is unaware of the page, which reads its memory and needs two addresses.
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

/// Returns the address of malloc's heap.
EMSCRIPTEN_KEEPALIVE const void *watched_heap(void)
{
    return segfit_malloc_heap();
}

/// Returns the address of that heap's layout.
EMSCRIPTEN_KEEPALIVE const void *watched_layout(void)
{
    return segfit_malloc_layout();
}

/// Returns the reason why the program ended, or "".
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

/// Ends the running program and frees all of its memory.
EMSCRIPTEN_KEEPALIVE void program_end(void)
{
    if (program != NULL) {
        lua_close(program);
        program = NULL;
    }
}

/// Starts a program. Returns false if it cannot be compiled.
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

/// Runs about `instructions` instructions. Returns false if the program has ended.
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
