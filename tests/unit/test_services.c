/* SPDX-License-Identifier: ISC */
/* A new service touches two tables: each place that is forgotten fails here. */
#include "lib/testing.h"

#include "server/services.h"
#include "server/settings/settings.h"

static void each_has_a_name_and_a_row(void **state)
{
    const struct schema_setting *setting =
        schema_find(&settings_schema, SCHEMA_LISTENER, "service");

    (void)state;
    for (int i = 0; i < SETTINGS_SERVICES; i++) {
        const struct settings_listener listener = {.service = (enum settings_service)i};
        const struct service *service = services_of(&listener);

        if (!setting->choices[i])
            fail_msg("src/server/settings/settings.c: service %d has no name", i);
        if (!service->ready || !service->begin)
            fail_msg("src/server/services.c: the service \"%s\" has no row, or not all of it",
                     setting->choices[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_has_a_name_and_a_row),
    };

    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
