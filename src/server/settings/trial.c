/* SPDX-License-Identifier: ISC */
#include "server/settings/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct teller {
    const struct trial_options *options;
    void (*tell)(void *context, const struct trial_record *record);
    void *context;
    struct trial_record *record;
};

static void tell(const struct teller *teller, enum trial_kind kind)
{
    teller->record->kind = kind;
    teller->tell(teller->context, teller->record);
}

static void tell_complaint(void *context, const char *sentence)
{
    const struct teller *teller = context;

    snprintf(teller->record->content.sentence, sizeof teller->record->content.sentence, "%s",
             sentence);
    tell(teller, TRIAL_COMPLAINT);
}

/* Who takes the records makes its settings from the text that was tried: it must not wait for the
 * file, and the file may have changed by then. */
static void tell_text(const struct teller *teller, const char *text)
{
    char *part = teller->record->content.sentence;
    size_t length = text ? strlen(text) : 0, size = sizeof teller->record->content.sentence - 1;

    for (bool more = text; more; more = length > 0) {
        size_t count = length < size ? length : size;

        memcpy(part, text, count);
        part[count] = '\0';
        tell(teller, TRIAL_TEXT);
        text += count;
        length -= count;
    }
}

static void look_up(const struct teller *teller, const struct settings_listener *settings,
                    size_t index)
{
    struct trial_listener *listener = &teller->record->content.listener;

    *listener = (struct trial_listener){.index = index};
    listener->kept = teller->options->keeps(teller->options->keeps_context, settings);
    if (!listener->kept && names_look_up(&listener->names, settings, &listener->why) < 0)
        listener->names.address_count = 0;
    tell(teller, TRIAL_LISTENER);
}

static bool needs_service(const struct trial_options *options,
                          const struct settings_listener *settings)
{
    return names_may_block(settings) && !options->keeps(options->keeps_context, settings);
}

int trial_run(const struct trial_options *options,
              void (*tell_to)(void *context, const struct trial_record *record), void *context)
{
    struct teller teller = {.options = options,
                            .tell = tell_to,
                            .context = context,
                            .record = calloc(1, sizeof *teller.record)};
    const struct trial_source *source = options->source;
    struct settings settings;
    struct reason why;
    char *text = NULL;
    int status = -1;

    if (!teller.record)
        return -1;
    if (source->reread(source->context, &text, &why) < 0) {
        tell_complaint(&teller, why.text);
        goto out;
    }
    if (source->load(source->context, text, &settings, tell_complaint, &teller) < 0)
        goto out;
    tell_text(&teller, text);
    tell(&teller, TRIAL_LOADED);
    names_claim_inherited(&settings);
    /* A service that is silent shall keep nothing back that needs none. */
    for (int asking = 0; asking < 2; asking++)
        for (size_t i = 0; i < settings.listener_count; i++)
            if (needs_service(options, &settings.listeners[i]) == asking)
                look_up(&teller, &settings.listeners[i], i);
    settings_release(&settings);
    status = 0;
out:
    free(text);
    free(teller.record);
    return status;
}

static void keep_listener(struct trial *trial, const struct trial_listener *listener)
{
    struct trial_listener *list =
        realloc(trial->listeners, (trial->count + 1) * sizeof *trial->listeners);

    if (!list) /* then it seems late, and is refused */
        return;
    trial->listeners = list;
    list[trial->count++] = *listener;
}

static void keep_text(struct trial *trial, const char *part)
{
    size_t count = strlen(part);
    char *text = trial->torn ? NULL : realloc(trial->text, trial->length + count + 1);

    if (!text) {
        trial->torn = true;
        return;
    }
    memcpy(text + trial->length, part, count + 1);
    trial->text = text;
    trial->length += count;
}

void trial_take(struct trial *trial, const struct trial_record *record)
{
    switch (record->kind) {
    case TRIAL_COMPLAINT:
        trial->complain(trial->complain_context, record->content.sentence);
        break;
    case TRIAL_TEXT:
        keep_text(trial, record->content.sentence);
        break;
    case TRIAL_LOADED:
        trial->loaded = true;
        break;
    case TRIAL_LISTENER:
        keep_listener(trial, &record->content.listener);
        break;
    }
}

const struct trial_listener *trial_find(const struct trial *trial, size_t index)
{
    for (size_t i = 0; i < trial->count; i++)
        if (trial->listeners[i].index == index)
            return &trial->listeners[i];
    return NULL;
}

void trial_release(struct trial *trial)
{
    free(trial->listeners);
    free(trial->text);
    *trial = (struct trial){0};
}
