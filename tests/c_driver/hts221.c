/* SPDX-License-Identifier: MIT */
/*
 * ST HTS221, humidity and temperature, as a driver in plain C: what the C ABI
 * asks of one. Datasheet: DocID026333 Rev 4. It passes what drivers/hts221
 * passes: the recordings, and the sweeps of failing transfers.
 */
#include "hts221.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    WHO_AM_I = 0x0f,
    AV_CONF = 0x10,
    CTRL_REG1 = 0x20,
    CTRL_REG3 = 0x22,
    STATUS_REG = 0x27,
    HUMIDITY_OUT_L = 0x28,
    TEMP_OUT_L = 0x2a,
    CALIBRATION = 0x30, /* H0_rH_x2 and what follows */
};
#define AUTO_INCREMENT 0x80 /* in the number of a register that is read */
#define IDENTIFICATION 0xbc
#define CTRL_REG1_PD 0x80       /* powered up */
#define CTRL_REG1_BDU 0x04      /* the bytes of a word are of one sample */
#define CTRL_REG3_DRDY_H_L 0x80 /* active low */
#define CTRL_REG3_DRDY 0x04
#define STATUS_H_DA 0x02

#define POWER_UP_NS 50000000u /* as the kernel's driver */
#define CALIBRATION_BYTES 16
#define DENOMINATOR 8000

enum { HUMIDITY, TEMPERATURE, QUANTITIES };

/* Samples that are averaged, by code. */
static const int ratios[QUANTITIES][8] = {
    {4, 8, 16, 32, 64, 128, 256, 512},
    {2, 4, 8, 16, 32, 64, 128, 256},
};
static const int rates[] = {1, 7, 13}; /* Hz by ODR code - 1; the last is 12.5 Hz */
static const uint8_t outputs[QUANTITIES] = {HUMIDITY_OUT_L, TEMP_OUT_L};
static const int parts_of_unit[QUANTITIES] = {2, 8}; /* as the calibration is given */

/* (slope raw + intercept) / DENOMINATOR, in parts of a unit. */
struct line {
    int slope;
    int intercept;
};

struct hts221 {
    const struct iio_hardware *hardware;
    struct line lines[QUANTITIES];
    pthread_mutex_t lock;              /* for what follows */
    unsigned int averages[QUANTITIES]; /* codes */
    unsigned int rate;                 /* in rates */
};

static int read_registers(const struct hts221 *chip, unsigned int first, uint8_t *into,
                          uint32_t count)
{
    uint8_t address = (uint8_t)(first | AUTO_INCREMENT);
    struct iio_i2c_message messages[] = {
        {&address, 1, 0},
        {into, count, IIO_I2C_READ},
    };
    return chip->hardware->i2c_transfer(chip->hardware, messages, 2);
}

static int write_register(const struct hts221 *chip, unsigned int reg, unsigned int value)
{
    uint8_t bytes[] = {(uint8_t)reg, (uint8_t)value};
    struct iio_i2c_message message = {bytes, sizeof(bytes), 0};

    return chip->hardware->i2c_transfer(chip->hardware, &message, 1);
}

static int write_ctrl_reg1(const struct hts221 *chip, unsigned int rate, unsigned int power)
{
    return write_register(chip, CTRL_REG1, power | CTRL_REG1_BDU | (rate + 1));
}

static int write_av_conf(const struct hts221 *chip, const unsigned int *averages)
{
    return write_register(chip, AV_CONF, averages[TEMPERATURE] << 3 | averages[HUMIDITY]);
}

static int word_at(const uint8_t *bytes) { return (int16_t)(bytes[0] | bytes[1] << 8); }

/* kernel: computes in 32 bits, which a wide calibration overflows. */
static int line_through(struct line *line, int raw0, int part0, int raw1, int part1)
{
    const int width = raw1 - raw0;
    int32_t rise;

    if (width == 0)
        return -EINVAL;
    line->slope = (part1 - part0) * DENOMINATOR / width;
    if (line->slope == 0)
        return -EINVAL;
    rise = (int32_t)(((int64_t)raw1 * part0 - (int64_t)raw0 * part1) * 1000);
    line->intercept = (int32_t)((int64_t)rise / width * 8);
    return 0;
}

static int read_calibration(struct hts221 *chip)
{
    uint8_t c[CALIBRATION_BYTES];
    int code = read_registers(chip, CALIBRATION, c, sizeof(c));

    if (code < 0)
        return code;
    code = line_through(&chip->lines[HUMIDITY], word_at(c + 6), c[0], word_at(c + 10), c[1]);
    if (code < 0)
        return code;
    return line_through(&chip->lines[TEMPERATURE], word_at(c + 12), c[2] | (c[5] & 3) << 8,
                        word_at(c + 14), c[3] | (c[5] >> 2 & 3) << 8);
}

/* The lock keeps others from powering the chip down. */
static int read_sample(struct hts221 *chip, unsigned int quantity, int *sample)
{
    uint8_t word[2];
    int code;
    int down;

    pthread_mutex_lock(&chip->lock);
    code = write_ctrl_reg1(chip, chip->rate, CTRL_REG1_PD);
    if (code == 0) {
        chip->hardware->delay(chip->hardware, POWER_UP_NS);
        code = read_registers(chip, outputs[quantity], word, sizeof(word));
        down = write_ctrl_reg1(chip, chip->rate, 0);
        if (code == 0)
            code = down;
    }
    pthread_mutex_unlock(&chip->lock);
    if (code == 0)
        *sample = word_at(word);
    return code < 0 ? code : IIO_VAL_INT;
}

static int billionths(int64_t value, int *vals)
{
    vals[0] = (int)(value / 1000000000);
    vals[1] = (int)(value % 1000000000);
    return IIO_VAL_INT_PLUS_NANO;
}

static int read_raw(const struct iio_dev *dev, const struct iio_chan_spec *chan, int info,
                    int *vals, int *count)
{
    struct hts221 *chip = dev->priv;
    const unsigned int quantity = (unsigned int)chan->address;
    const struct line *line = &chip->lines[quantity];

    (void)count; /* for IIO_VAL_INT_MULTIPLE only */
    switch (info) {
    case IIO_CHAN_INFO_RAW:
        return read_sample(chip, quantity, vals);
    case IIO_CHAN_INFO_OFFSET:
        return billionths((int64_t)line->intercept * 1000000000 / line->slope, vals);
    case IIO_CHAN_INFO_SCALE:
        return billionths((int64_t)line->slope * 1000000000 / DENOMINATOR / parts_of_unit[quantity],
                          vals);
    case IIO_CHAN_INFO_OVERSAMPLING_RATIO:
        pthread_mutex_lock(&chip->lock);
        vals[0] = ratios[quantity][chip->averages[quantity]];
        pthread_mutex_unlock(&chip->lock);
        return IIO_VAL_INT;
    case IIO_CHAN_INFO_SAMP_FREQ:
        pthread_mutex_lock(&chip->lock);
        vals[0] = rates[chip->rate];
        pthread_mutex_unlock(&chip->lock);
        return IIO_VAL_INT;
    default:
        return -EINVAL;
    }
}

/* The index of the value; what is behind the point does not count. */
static int find(const int *values, unsigned int count, int value)
{
    for (unsigned int i = 0; i < count; ++i) {
        if (values[i] == value)
            return (int)i;
    }
    return -EINVAL;
}

static int set_average(struct hts221 *chip, unsigned int quantity, int ratio)
{
    const int found = find(ratios[quantity], 8, ratio);
    unsigned int averages[QUANTITIES];
    int code;

    if (found < 0)
        return found;
    pthread_mutex_lock(&chip->lock);
    memcpy(averages, chip->averages, sizeof(averages));
    averages[quantity] = (unsigned int)found;
    code = write_av_conf(chip, averages);
    if (code == 0)
        chip->averages[quantity] = (unsigned int)found;
    pthread_mutex_unlock(&chip->lock);
    return code;
}

static int set_rate(struct hts221 *chip, int hz)
{
    const int found = find(rates, sizeof(rates) / sizeof(rates[0]), hz);
    int code;

    if (found < 0)
        return found;
    pthread_mutex_lock(&chip->lock);
    code = write_ctrl_reg1(chip, (unsigned int)found, 0);
    if (code == 0)
        chip->rate = (unsigned int)found;
    pthread_mutex_unlock(&chip->lock);
    return code;
}

static int write_raw(const struct iio_dev *dev, const struct iio_chan_spec *chan, int info, int val,
                     int val2)
{
    (void)val2;
    switch (info) {
    case IIO_CHAN_INFO_OVERSAMPLING_RATIO:
        return set_average(dev->priv, (unsigned int)chan->address, val);
    case IIO_CHAN_INFO_SAMP_FREQ:
        return set_rate(dev->priv, val);
    default:
        return -EINVAL;
    }
}

static int read_avail(const struct iio_dev *dev, const struct iio_chan_spec *chan, int info,
                      int *vals, int *count, int *range)
{
    const int is_rate = info == IIO_CHAN_INFO_SAMP_FREQ;

    (void)dev;
    *count = is_rate ? 3 : 8;
    *range = 0;
    memcpy(vals, is_rate ? rates : ratios[chan->address], (size_t)*count * sizeof(int));
    return IIO_VAL_INT;
}

static int start_buffer(const struct iio_dev *dev, const struct iio_buffer_setup *setup)
{
    struct hts221 *chip = dev->priv;
    int code;

    (void)setup;
    pthread_mutex_lock(&chip->lock);
    code = write_ctrl_reg1(chip, chip->rate, CTRL_REG1_PD);
    pthread_mutex_unlock(&chip->lock);
    return code;
}

static int stop_buffer(const struct iio_dev *dev)
{
    struct hts221 *chip = dev->priv;
    int code;

    pthread_mutex_lock(&chip->lock);
    code = write_ctrl_reg1(chip, chip->rate, 0);
    pthread_mutex_unlock(&chip->lock);
    return code;
}

static int write_ctrl_reg3(const struct hts221 *chip, int on)
{
    const unsigned int polarity =
        chip->hardware->interrupt_edge == IIO_EDGE_FALLING ? CTRL_REG3_DRDY_H_L : 0;

    return write_register(chip, CTRL_REG3, polarity | (on ? CTRL_REG3_DRDY : 0));
}

static int set_trigger(const struct iio_dev *dev, uint32_t id, int on)
{
    (void)id;
    return write_ctrl_reg3(dev->priv, on);
}

/* The scan has the time at which STATUS was read, as in the kernel. */
static void handle_interrupt(const struct iio_dev *dev, int64_t timestamp)
{
    const struct hts221 *chip = dev->priv;
    uint8_t status;

    (void)timestamp;
    if (read_registers(chip, STATUS_REG, &status, 1) == 0 && status & STATUS_H_DA)
        dev->core->fire_trigger(dev, 0, dev->core->now(dev));
}

static int scan(const struct iio_dev *dev, struct iio_scan *scan)
{
    uint8_t words[2 * QUANTITIES];
    const int code = read_registers(dev->priv, HUMIDITY_OUT_L, words, sizeof(words));

    for (int i = 0; code == 0 && i < QUANTITIES; ++i) {
        if (scan->offsets[i] >= 0)
            memcpy(scan->data + scan->offsets[i], words + 2 * i, 2);
    }
    return code;
}

static const struct iio_info info = {
    .read_raw = read_raw,
    .write_raw = write_raw,
    .read_avail = read_avail,
    .start_buffer = start_buffer,
    .stop_buffer = stop_buffer,
    .set_trigger = set_trigger,
    .handle_interrupt = handle_interrupt,
    .scan = scan,
};

#define BIT(info) (UINT64_C(1) << (info))
#define SEPARATE                                                                                   \
    (BIT(IIO_CHAN_INFO_RAW) | BIT(IIO_CHAN_INFO_OFFSET) | BIT(IIO_CHAN_INFO_SCALE) |               \
     BIT(IIO_CHAN_INFO_OVERSAMPLING_RATIO))
#define ALL (SEPARATE | BIT(IIO_CHAN_INFO_SAMP_FREQ))
#define CHANNEL(kind, index)                                                                       \
    .type = (kind), .address = (index), .scan_index = (index),                                     \
    .scan_type = {'s', 16, 16, 0, 1, IIO_LE},                                                      \
    .info_mask = {[IIO_SEPARATE] = SEPARATE, [IIO_SHARED_BY_ALL] = BIT(IIO_CHAN_INFO_SAMP_FREQ)},  \
    .direct_read = ALL, .direct_write = ALL

static const struct iio_chan_spec channels[] = {
    {CHANNEL(IIO_HUMIDITYRELATIVE, HUMIDITY),
     .info_mask_available = {[IIO_SHARED_BY_ALL] = BIT(IIO_CHAN_INFO_SAMP_FREQ)}},
    {CHANNEL(IIO_TEMP, TEMPERATURE),
     .info_mask_available = {[IIO_SEPARATE] = BIT(IIO_CHAN_INFO_OVERSAMPLING_RATIO),
                             [IIO_SHARED_BY_ALL] = BIT(IIO_CHAN_INFO_SAMP_FREQ)}},
    {.type = IIO_TIMESTAMP,
     .channel = -1,
     .scan_index = 2,
     .scan_type = {'s', 64, 64, 0, 1, IIO_LE}},
};

/* kernel: this name has "humidity", not "humidityrelative". */
static const struct iio_attribute attributes[] = {
    {.name = "in_humidity_oversampling_ratio_available",
     .group = IIO_ATTR_DEVICE,
     .access = IIO_EXT_READ,
     .text = "4 8 16 32 64 128 256 512\n"},
};
static const struct iio_trigger_spec triggers[] = {{.suffix = "-trigger", .is_default = 1}};

static int create(const struct iio_hardware *hardware, struct iio_dev *const *devs, void **made)
{
    struct hts221 *chip = calloc(1, sizeof(*chip));

    (void)devs; /* the core is called with the dev that each operation gets */
    if (!chip)
        return -ENOMEM;
    pthread_mutex_init(&chip->lock, NULL);
    chip->hardware = hardware;
    chip->averages[HUMIDITY] = chip->averages[TEMPERATURE] = 3;
    *made = chip;
    return 0;
}

static void describe(struct hts221 *chip, struct iio_dev *dev)
{
    dev->info = &info;
    dev->priv = chip;
    dev->channels = channels;
    dev->num_channels = sizeof(channels) / sizeof(channels[0]);
    dev->attributes = attributes;
    dev->num_attributes = 1;
    dev->own_trigger_only = 1;
    if (chip->hardware->interrupt_edge == IIO_EDGE_NONE)
        return;
    /* There is a buffer only where the data-ready output is wired. */
    dev->modes |= IIO_MODE_BUFFER_TRIGGERED;
    dev->triggers = triggers;
    dev->num_triggers = 1;
}

static int probe(void *made, struct iio_dev *described)
{
    struct hts221 *chip = made;
    uint8_t id;
    int code = read_registers(chip, WHO_AM_I, &id, 1);

    if (code == 0 && id != IDENTIFICATION)
        code = -ENODEV;
    if (code == 0)
        code = write_ctrl_reg1(chip, chip->rate, 0);
    if (code == 0)
        code = write_av_conf(chip, chip->averages);
    if (code == 0)
        code = read_calibration(chip);
    if (code == 0 && chip->hardware->interrupt_edge != IIO_EDGE_NONE)
        code = write_ctrl_reg3(chip, 0);
    describe(chip, described);
    return code;
}

/* BDU is off after a reset. */
static int is_configured(void *made)
{
    uint8_t ctrl_reg1;
    const int code = read_registers(made, CTRL_REG1, &ctrl_reg1, 1);

    return code < 0 ? code : (ctrl_reg1 & CTRL_REG1_BDU) != 0;
}

static void destroy(void *made)
{
    struct hts221 *chip = made;

    pthread_mutex_destroy(&chip->lock);
    free(chip);
}

static const struct iio_part parts[] = {
    {.name = "hts221", .addresses = {0x5f}, .num_addresses = 1, .num_devices = 1},
};

const struct iio_driver c_hts221 = {
    .abi_version = IIO_WRAP_ABI_VERSION,
    .name = "hts221",
    .parts = parts,
    .num_parts = 1,
    .create = create,
    .probe = probe,
    .is_configured = is_configured,
    .destroy = destroy,
};
