/* SPDX-License-Identifier: MIT */
/*
 * Microchip TC74: temperature, 8 bits of 1 degree Celsius. I2C at 0x48 to 0x4f.
 * Datasheet: DS21462D, registers: table 4-1.
 */
#include <errno.h>
#include <iiowrap.h>
#include <stdlib.h>

enum { TEMP = 0x00, CONFIG = 0x01 };
#define CONFIG_DATA_RDY 0x40 /* TEMP has been measured since the part woke up */
#define MILLIDEGREES_PER_STEP 1000

struct tc74 {
    const struct iio_hardware *hardware;
};

static int read_register(const struct tc74 *chip, uint8_t reg, uint8_t *value)
{
    struct iio_i2c_message messages[] = {{&reg, 1, 0}, {value, 1, IIO_I2C_READ}};

    return chip->hardware->i2c_transfer(chip->hardware, messages, 2);
}

static int write_register(const struct tc74 *chip, uint8_t reg, uint8_t value)
{
    uint8_t bytes[] = {reg, value};
    struct iio_i2c_message message = {bytes, sizeof(bytes), 0};

    return chip->hardware->i2c_transfer(chip->hardware, &message, 1);
}

/* -ENODATA: the part has not measured yet. */
static int read_temperature(const struct tc74 *chip, int *value)
{
    uint8_t config;
    uint8_t temp;
    int error = read_register(chip, CONFIG, &config);

    if (error == 0 && !(config & CONFIG_DATA_RDY))
        return -ENODATA;
    if (error == 0)
        error = read_register(chip, TEMP, &temp);
    if (error != 0)
        return error;
    *value = (int8_t)temp;
    return IIO_VAL_INT;
}

static int read_raw(const struct iio_dev *dev, const struct iio_chan_spec *chan, int info,
                    int *vals, int *count)
{
    (void)chan;
    (void)count;
    if (info == IIO_CHAN_INFO_RAW)
        return read_temperature(dev->priv, vals);
    vals[0] = MILLIDEGREES_PER_STEP;
    return IIO_VAL_INT;
}

static const struct iio_info info = {.read_raw = read_raw};
static const struct iio_chan_spec channels[] = {
    {
        .type = IIO_TEMP,
        .scan_index = -1,
        .info_mask[IIO_SEPARATE] = 1ull << IIO_CHAN_INFO_RAW | 1ull << IIO_CHAN_INFO_SCALE,
        .known = 1ull << IIO_CHAN_INFO_SCALE,
    },
};

static int create(const struct iio_hardware *hardware, struct iio_dev *const *devs, void **chip)
{
    struct tc74 *made = malloc(sizeof(*made));

    (void)devs;
    if (!made)
        return -ENOMEM;
    made->hardware = hardware;
    *chip = made;
    return 0;
}

/* The part has no identification register: any chip that answers will do. */
static int probe(void *chip, struct iio_dev *described)
{
    const int error = write_register(chip, CONFIG, 0); /* it measures */

    if (error != 0)
        return error;
    described->abi_version = IIO_WRAP_ABI_VERSION;
    described->modes = IIO_MODE_DIRECT;
    described->info = &info;
    described->channels = channels;
    described->num_channels = sizeof(channels) / sizeof(channels[0]);
    described->priv = chip;
    return 0;
}

static void destroy(void *chip) { free(chip); }

static const struct iio_part parts[] = {
    {
        .name = "tc74",
        .addresses = {0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f},
        .num_addresses = 8,
        .num_devices = 1,
    },
};

const struct iio_driver iio_driver_v5 = {
    .abi_version = IIO_WRAP_ABI_VERSION,
    .name = "tc74",
    .parts = parts,
    .num_parts = sizeof(parts) / sizeof(parts[0]),
    .create = create,
    .probe = probe,
    .destroy = destroy,
};
