// SPDX-License-Identifier: MIT
/// Scripts as files: `.heapl`, one JSON object a line, which the visualizer opens too. Each line
/// holds the operation in its `step`, and what a reader of traces knows (M, R and F) where blocks
/// came of it.
#ifndef SEGFIT_TEST_TRACE_H
#define SEGFIT_TEST_TRACE_H

#include "machine.h"

static inline void trace_write_step(FILE *file, const operation *op)
{
    (void)fprintf(file, "\"step\":\"%d %d %d %d %d\"}\n", op->kind, op->slot, op->form,
                  op->align_log2, op->number);
}

/// Writes what became of slot `op->slot`, whose block was `old` and had the id `id`.
static inline void trace_write(FILE *file, const operation *op, const live_block *old,
                               const live_block *new, unsigned *id, unsigned *last_id)
{
    const bool came = new->ptr != NULL && (old->ptr == NULL || new->seed != old->seed);
    if (old->ptr != NULL && came && op->kind >= OPERATION_REALLOC) {
        (void)fprintf(file, "{\"op\":\"R\",\"id\":%u,\"old_id\":%u,\"size\":%zu,", ++*last_id, *id,
                      new->size);
    } else {
        if (old->ptr != NULL && (came || new->ptr == NULL)) {
            (void)fprintf(file, "{\"op\":\"F\",\"id\":%u%s", *id, came ? "}\n" : ",");
        }
        if (came) {
            (void)fprintf(file, "{\"op\":\"M\",\"id\":%u,\"size\":%zu,", ++*last_id, new->size);
        }
        if (!came && (old->ptr == NULL || new->ptr != NULL)) {
            (void)fputs("{\"op\":\"X\",", file);
        }
    }
    *id = came ? *last_id : *id;
    trace_write_step(file, op);
}

/// Runs a script as far as it is right and saves it. False if the file cannot be written.
static inline bool trace_save(machine *m, const script *s, const char *name)
{
    unsigned ids[OPERATION_SLOTS] = {0};
    unsigned last_id = 0;
    const setup *const h = &s->heap;
    FILE *const file = fopen(name, "w");
    if (file == NULL || !machine_start(m, h)) {
        return false;
    }
    (void)fprintf(
        file,
        "{\"op\":\"H\",\"v\":1,\"meta\":{\"recorder\":\"segfit tests\",\"word_size\":%zu},"
        "\"heap\":\"%d %d %d %d %d %d %d %d\"}\n",
        sizeof(size_t), h->rows, h->columns_log2, h->policy, h->source, h->growth_shift, h->zeroed,
        h->skew, h->refused_call);
    bool right = true;
    for (size_t i = 0; i < s->count; i++) {
        const operation *const op = &s->operations[i];
        live_block *const live = &m->o.live[op->slot];
        const live_block old = *live;
        // The last operation is the one that fails: it is saved, not done.
        right = right && i + 1 < s->count && machine_step(m, op) == NULL;
        trace_write(file, op, &old, right ? live : &old, &ids[op->slot], &last_id);
    }
    oracle_free(&m->o);
    return fclose(file) == 0;
}

/// Reads a number of one byte, or two, from a text of numbers. Returns false at its end.
static inline bool trace_number(const char **text, unsigned most, unsigned *number)
{
    char *end = NULL;
    const unsigned long read = strtoul(*text, &end, 10);
    const bool good = end != *text && read <= most;
    *number = (unsigned)read;
    *text = end;
    return good;
}

static inline bool trace_read_heap(const char *text, setup *heap)
{
    uint8_t *const fields[] = {&heap->rows,   &heap->columns_log2, &heap->policy,
                               &heap->source, &heap->growth_shift, &heap->zeroed,
                               &heap->skew,   &heap->refused_call};
    unsigned number = 0;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (!trace_number(&text, 255, &number)) {
            return false;
        }
        *fields[i] = (uint8_t)number;
    }
    return true;
}

static inline bool trace_read_step(const char *text, operation *op)
{
    unsigned numbers[5];
    for (size_t i = 0; i < 5; i++) {
        if (!trace_number(&text, i == 4 ? 65535 : 255, &numbers[i])) {
            return false;
        }
    }
    *op = (operation){.kind = (uint8_t)numbers[0],
                      .slot = (uint8_t)(numbers[1] % OPERATION_SLOTS),
                      .form = (uint8_t)numbers[2],
                      .align_log2 = (uint8_t)(numbers[3] % OPERATION_ALIGNMENTS),
                      .number = (uint16_t)numbers[4]};
    return op->kind < OPERATION_KINDS && op->form < SIZE_FORMS;
}

/// Reads a file of trace_save. Returns false if it is another file, or has an impossible line.
static inline bool trace_load(script *s, const char *name)
{
    static const char heap_mark[] = "\"heap\":\"";
    static const char step_mark[] = "\"step\":\"";
    char line[256];
    FILE *const file = fopen(name, "r");
    bool good = file != NULL;
    bool headed = false;
    s->count = 0;
    while (good && fgets(line, sizeof line, file) != NULL) {
        const char *const heap = strstr(line, heap_mark);
        const char *const step = strstr(line, step_mark);
        if (heap != NULL) {
            headed = good = trace_read_heap(heap + sizeof heap_mark - 1, &s->heap);
        } else if (step != NULL) {
            good = s->count < SCRIPT_MOST &&
                   trace_read_step(step + sizeof step_mark - 1, &s->operations[s->count++]);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return good && headed;
}

#endif
