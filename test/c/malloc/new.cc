// SPDX-License-Identifier: MIT
/// C++ over the malloc under test: new and delete in all their forms, containers, strings.
#define TEST_MAIN
#include "../test.h"

#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <segfit/malloc.h>

static std::size_t live_blocks()
{
    segfit_stats_t stats;
    segfit_malloc_stats(&stats);
    return stats.used_blocks;
}

struct alignas(64) Wide {
    unsigned char bytes[100];
};

static std::vector<std::string> made_before_main(100, std::string(100, 'x'));

TEST(static_objects_are_in_this_heap)
{
    CHECK(live_blocks() >= 101);
    CHECK(made_before_main[99] == std::string(100, 'x'));
}

// Seen from everywhere, so that the compiler cannot do without the blocks.
int *volatile one;
char *volatile many;
volatile std::size_t too_much = SIZE_MAX - 100;

TEST(new_and_delete_use_this_heap)
{
    const std::size_t before = live_blocks();
    one = new int(7);
    many = new char[1000];
    CHECK(live_blocks() == before + 2);
    CHECK(*one == 7);
    many[999] = 1;
    delete one;
    delete[] many;
    CHECK(live_blocks() == before);
}

TEST(aligned_new_aligns)
{
    const std::size_t before = live_blocks();
    std::vector<std::unique_ptr<Wide>> wide;
    for (int i = 0; i < 50; i++) {
        wide.emplace_back(new Wide());
        CHECK(reinterpret_cast<std::uintptr_t>(wide.back().get()) % 64 == 0);
    }
    CHECK(live_blocks() > before + 50);
    wide.clear();
    wide.shrink_to_fit();
    CHECK(live_blocks() == before);
}

TEST(new_that_may_fail_answers_null)
{
    void *volatile const none = operator new(too_much, std::nothrow);
    CHECK(none == nullptr);
}

TEST(every_form_of_new_comes_from_this_heap_and_goes_back)
{
    const std::align_val_t wide = std::align_val_t(128);
    const std::size_t before = live_blocks();
    void *volatile blocks[] = {
        operator new(100),
        operator new[](100),
        operator new(100, std::nothrow),
        operator new[](100, std::nothrow),
        operator new(100, wide),
        operator new[](100, wide),
        operator new(100, wide, std::nothrow),
        operator new[](100, wide, std::nothrow),
    };
    CHECK(live_blocks() == before + 8);
    for (int i = 0; i < 8; i++) {
        CHECK(blocks[i] != nullptr);
        CHECK(i < 4 || reinterpret_cast<std::uintptr_t>(blocks[i]) % 128 == 0);
    }
    operator delete(blocks[0], std::size_t(100));
    operator delete[](blocks[1], std::size_t(100));
    operator delete(blocks[2], std::nothrow);
    operator delete[](blocks[3], std::nothrow);
    operator delete(blocks[4], std::size_t(100), wide);
    operator delete[](blocks[5], std::size_t(100), wide);
    operator delete(blocks[6], wide);
    operator delete[](blocks[7], wide, std::nothrow);
    CHECK(live_blocks() == before);
}

TEST(new_of_nothing_is_a_block_of_its_own)
{
    void *volatile const a = operator new(0);
    void *volatile const b = operator new(0);
    CHECK(a != nullptr && b != nullptr && a != b);
    operator delete(a);
    operator delete(b);
}

static int handled;

TEST(the_new_handler_is_asked_before_new_fails)
{
    handled = 0;
    std::set_new_handler([] {
        if (++handled == 3) {
            std::set_new_handler(nullptr);
        }
    });
    bool thrown = false;
    try {
        one = static_cast<int *>(operator new(too_much));
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    CHECK(thrown && handled == 3);
    thrown = false;
    try {
        one = static_cast<int *>(operator new(too_much, std::align_val_t(64)));
    } catch (const std::bad_alloc &) {
        thrown = true;
    }
    CHECK(thrown);
    CHECK(segfit_malloc_check(nullptr));
}

TEST(containers_keep_their_elements)
{
    const std::size_t before = live_blocks();
    {
        std::map<std::string, std::vector<int>> lists;
        for (int i = 0; i < 20000; i++) {
            lists["list number " + std::to_string(i % 300)].push_back(i);
        }
        CHECK(lists.size() == 300);
        CHECK(lists["list number 299"].back() % 300 == 299);
        CHECK(segfit_malloc_check(nullptr));
    }
    CHECK(live_blocks() == before);
}
