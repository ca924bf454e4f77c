/* SPDX-License-Identifier: ISC */
#include "base/timer.h"

#include <stddef.h>

static void point(struct timer **link, struct timer *timer)
{
    *link = timer;
    if (timer)
        timer->link = link;
}

/* Two heaps into one: the root that is due later becomes a child of the other. */
static struct timer *merge(struct timer *a, struct timer *b)
{
    struct timer *parent, *child;

    if (!a || !b)
        return a ? a : b;
    parent = a->due_ns <= b->due_ns ? a : b;
    child = parent == a ? b : a;
    point(&child->next, parent->child);
    point(&parent->child, child);
    return parent;
}

/* A list of heaps into one, in pairs and then from the last pair to the first: this order is what
 * keeps the next call short. */
static struct timer *merge_list(struct timer *list)
{
    struct timer *pairs = NULL, *heap = NULL;

    while (list) {
        struct timer *a = list, *b = a->next, *pair;

        list = b ? b->next : NULL;
        a->next = NULL;
        if (b)
            b->next = NULL;
        pair = merge(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    while (pairs) {
        struct timer *pair = pairs;

        pairs = pair->next;
        pair->next = NULL;
        heap = merge(heap, pair);
    }
    return heap;
}

static void set_root(struct timer_heap *heap, struct timer *root)
{
    point(&heap->root, root);
    heap->next_ns = root ? root->due_ns : 0;
}

void timer_start(struct timer_heap *heap, struct timer *timer, uint64_t due_ns)
{
    timer_stop(heap, timer);
    timer->due_ns = due_ns > heap->ran_ns ? due_ns : heap->ran_ns + 1;
    set_root(heap, merge(heap->root, timer));
}

void timer_stop(struct timer_heap *heap, struct timer *timer)
{
    struct timer *children = timer->child;

    if (!timer->link)
        return;
    point(timer->link, timer->next);
    timer->child = timer->next = NULL;
    timer->link = NULL;
    set_root(heap, merge(heap->root, merge_list(children)));
}

bool timer_is_started(const struct timer *timer)
{
    return timer->link;
}

void timer_run(struct timer_heap *heap, uint64_t now_ns)
{
    heap->ran_ns = now_ns;
    while (heap->root && heap->root->due_ns <= now_ns) {
        struct timer *timer = heap->root;

        timer_stop(heap, timer);
        timer->expired(timer, now_ns);
    }
}
