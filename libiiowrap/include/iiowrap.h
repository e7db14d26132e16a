/* SPDX-License-Identifier: MIT */
/*
 * iiowrap.h - the C ABI between the IIO core and a driver.
 *
 * A driver is one struct iio_driver: the parts that it drives, how it is made
 * for a chip and how it probes the chip. A probe describes each device of the
 * chip as a struct iio_dev, and the core calls the functions of its struct
 * iio_info. A driver in C needs this header only (tests/c_driver has one); what
 * a C++ driver's author writes is in iio/driver.hpp, and becomes the same structs.
 *
 * Contract: which thread calls an operation, what it may call and how long it
 * may block is in the table in iio/driver/driver.hpp. It holds for C, too.
 * Threads: a function of iio_info may be called from several threads at once,
 * from registration until the iio_dev is removed from the registry; removal
 * waits for calls in flight. No call is made before registration or after it.
 * Lifetime: what an iio_dev points to is static, or lasts as long as its chip.
 * Errors: a negative errno value. A driver never returns -ENOSYS to mean
 * "not now"; a missing function is a null pointer.
 * Units: timestamps are nanoseconds of the clock in current_timestamp_clock.
 */
#ifndef IIOWRAP_H
#define IIOWRAP_H

#include <linux/iio/types.h> /* enum iio_chan_type, iio_modifier, iio_event_* */
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised by every incompatible change of a struct or constant below. */
#define IIO_WRAP_ABI_VERSION 5u

/* The most numbers that one value has (IIO_VAL_INT_MULTIPLE). */
#define IIO_MAX_VALUES 10
/* The most numbers that one read_avail gives. */
#define IIO_MAX_AVAIL 128
/* Bytes of a page that an attribute's text is written to, its end included. */
#define IIO_PAGE_SIZE 4096

/* What read_raw's numbers mean. */
enum iio_val_type {
	IIO_VAL_INT = 1,
	IIO_VAL_INT_PLUS_MICRO = 2,
	IIO_VAL_INT_PLUS_NANO = 3,
	IIO_VAL_INT_PLUS_MICRO_DB = 4,
	IIO_VAL_INT_MULTIPLE = 5,
	IIO_VAL_FRACTIONAL = 10,
	IIO_VAL_FRACTIONAL_LOG2 = 11,
	IIO_VAL_INT_64 = 12, /* vals[0] the low, vals[1] the high 32 bits */
	IIO_VAL_CHAR = 13,
};

/* The elements of a channel; bit numbers of the info masks. */
enum iio_chan_info {
	IIO_CHAN_INFO_RAW,
	IIO_CHAN_INFO_PROCESSED,
	IIO_CHAN_INFO_SCALE,
	IIO_CHAN_INFO_OFFSET,
	IIO_CHAN_INFO_CALIBSCALE,
	IIO_CHAN_INFO_CALIBBIAS,
	IIO_CHAN_INFO_PEAK,
	IIO_CHAN_INFO_PEAK_SCALE,
	IIO_CHAN_INFO_QUADRATURE_CORRECTION_RAW,
	IIO_CHAN_INFO_AVERAGE_RAW,
	IIO_CHAN_INFO_LOW_PASS_FILTER_3DB_FREQUENCY,
	IIO_CHAN_INFO_HIGH_PASS_FILTER_3DB_FREQUENCY,
	IIO_CHAN_INFO_SAMP_FREQ,
	IIO_CHAN_INFO_FREQUENCY,
	IIO_CHAN_INFO_PHASE,
	IIO_CHAN_INFO_HARDWAREGAIN,
	IIO_CHAN_INFO_HYSTERESIS,
	IIO_CHAN_INFO_HYSTERESIS_RELATIVE,
	IIO_CHAN_INFO_INT_TIME,
	IIO_CHAN_INFO_ENABLE,
	IIO_CHAN_INFO_CALIBHEIGHT,
	IIO_CHAN_INFO_CALIBWEIGHT,
	IIO_CHAN_INFO_DEBOUNCE_COUNT,
	IIO_CHAN_INFO_DEBOUNCE_TIME,
	IIO_CHAN_INFO_CALIBEMISSIVITY,
	IIO_CHAN_INFO_OVERSAMPLING_RATIO,
	IIO_CHAN_INFO_THERMOCOUPLE_TYPE,
	IIO_CHAN_INFO_CALIBAMBIENT,
	IIO_CHAN_INFO_ZEROPOINT,
	IIO_CHAN_INFO_TROUGH,
	IIO_CHAN_INFO_COUNT
};

/* The elements of an event; bit numbers of the event masks. */
enum iio_event_info {
	IIO_EV_INFO_ENABLE,
	IIO_EV_INFO_VALUE,
	IIO_EV_INFO_HYSTERESIS,
	IIO_EV_INFO_PERIOD,
	IIO_EV_INFO_HIGH_PASS_FILTER_3DB,
	IIO_EV_INFO_LOW_PASS_FILTER_3DB,
	IIO_EV_INFO_TIMEOUT,
	IIO_EV_INFO_RESET_TIMEOUT,
	IIO_EV_INFO_TAP2_MIN_DELAY,
	IIO_EV_INFO_RUNNING_PERIOD,
	IIO_EV_INFO_RUNNING_COUNT,
	IIO_EV_INFO_COUNT
};

enum iio_shared_by {
	IIO_SEPARATE,
	IIO_SHARED_BY_TYPE,
	IIO_SHARED_BY_DIR,
	IIO_SHARED_BY_ALL,
	IIO_SHARED_COUNT
};

enum iio_endian { IIO_LE, IIO_BE };

/* Flags of struct iio_chan_spec. */
#define IIO_CHAN_INDEXED 0x1u      /* `channel` is part of the name */
#define IIO_CHAN_MODIFIED 0x2u     /* `channel2` is an enum iio_modifier */
#define IIO_CHAN_DIFFERENTIAL 0x4u /* `channel2` is the negative input */
#define IIO_CHAN_OUTPUT 0x8u
/* Its events are not enabled or disabled while the device streams: -EBUSY. */
#define IIO_CHAN_DIRECT_EVENTS 0x10u

/* How a sample stands in a buffer: "le:s12/16>>4". */
struct iio_scan_type {
	char sign; /* 's' or 'u' */
	uint8_t realbits;
	uint8_t storagebits;
	uint8_t shift;
	uint8_t repeat; /* 0 and 1: once */
	uint8_t endianness; /* enum iio_endian */
};

struct iio_event_spec {
	uint32_t type; /* enum iio_event_type */
	uint32_t dir;  /* enum iio_event_direction */
	uint64_t mask[IIO_SHARED_COUNT]; /* bits of enum iio_event_info */
};

/* What the text of an ext_info attribute is. */
enum iio_ext_kind {
	IIO_EXT_TEXT,           /* read_ext and write_ext handle the text */
	IIO_EXT_ENUM,           /* an item's name; read_enum and write_enum its index */
	IIO_EXT_ENUM_AVAILABLE, /* all items' names */
	IIO_EXT_MOUNT_MATRIX,   /* iio_dev.mount_matrix; the driver is not asked */
};

#define IIO_EXT_READ 0x1u
#define IIO_EXT_WRITE 0x2u
/* With IIO_EXT_WRITE: what is written is an order to do something once, and no setting. */
#define IIO_EXT_ORDER 0x4u
/* It is not read, not written, while the device streams: -EBUSY. */
#define IIO_EXT_DIRECT_READ 0x8u
#define IIO_EXT_DIRECT_WRITE 0x10u
/* The driver knows it: it is read without a transfer. */
#define IIO_EXT_KNOWN 0x20u

/* One attribute beyond the info elements. */
struct iio_ext_info {
	const char *name;
	uint32_t kind;   /* enum iio_ext_kind */
	uint32_t shared; /* enum iio_shared_by */
	uint32_t access; /* IIO_EXT_*; enums and matrices too */
	uint32_t id;     /* the driver's own */
	/*
	 * Enums: their names. A mount matrix, if its sensor is mounted in the part
	 * in another way than the part's axes: the part's axis that each row is of,
	 * such as {"y", "x", "-z"}.
	 */
	const char *const *items;
	uint32_t num_items;
	const void *data; /* the driver's own */
};

/* What a driver keeps with an info element of a channel; the core does not look at it. */
struct iio_chan_binding {
	uint32_t info; /* enum iio_chan_info */
	uint32_t kind; /* the driver's own; 0: this place and those behind it are not used */
	const void *data;
};
#define IIO_MAX_CHAN_BINDINGS 6

struct iio_chan_spec {
	uint32_t type; /* enum iio_chan_type */
	int32_t channel;
	int32_t channel2;
	uint32_t flags;
	uint64_t address; /* the driver's own */
	int32_t scan_index; /* below 0: not in scans */
	struct iio_scan_type scan_type;
	uint64_t info_mask[IIO_SHARED_COUNT];           /* bits of enum iio_chan_info */
	uint64_t info_mask_available[IIO_SHARED_COUNT]; /* the same, for _available */
	/*
	 * Elements, as bits of enum iio_chan_info, that are not read or written
	 * while the device streams: the client gets -EBUSY. The core sees to it
	 * before it calls the driver, and no stream begins during the call.
	 */
	uint64_t direct_read;
	uint64_t direct_write;
	/*
	 * Elements, as bits of enum iio_chan_info, that the driver reads and lists
	 * without a transfer: constants, and settings that it remembers. A client
	 * gets them while the part is busy.
	 */
	uint64_t known;
	const struct iio_event_spec *events;
	uint32_t num_events;
	const struct iio_ext_info *ext_info;
	uint32_t num_ext_info;
	const char *extend_name;    /* or null */
	const char *datasheet_name; /* or null */
	struct iio_chan_binding bindings[IIO_MAX_CHAN_BINDINGS];
};

/* Where an attribute of the driver's own stands. */
enum iio_attribute_group { IIO_ATTR_DEVICE, IIO_ATTR_EVENTS, IIO_ATTR_BUFFER };

/* An attribute that belongs to no channel. */
struct iio_attribute {
	const char *name;
	uint32_t group;  /* enum iio_attribute_group */
	uint32_t access; /* IIO_EXT_* */
	uint32_t id;     /* the driver's own */
	const char *text; /* what it always shows, its newline included; null: the driver is asked */
};

/* A trigger that the device itself is the source of: its data-ready line. */
struct iio_trigger_spec {
	const char *suffix;  /* its name is the device's and this: "lis3dh" "-trigger" */
	uint32_t numbered;   /* 1: and the device's number: "mpu6050" "-dev" "0" */
	uint32_t is_default; /* 1: the device starts with it as its current trigger */
	uint32_t id;         /* the driver's own */
	uint32_t own_device_only; /* 1: it drives the buffer of no other device */
};

/*
 * One scan on its way into a buffer. A channel's sample goes to data + the
 * offset of its scan_index; an offset below 0: nobody wants it.
 */
struct iio_scan {
	uint8_t *data;
	const int16_t *offsets; /* IIO_MAX_SCAN_INDEX of them */
	uint64_t active;        /* what the chip was told to sample, by scan_index */
};

/* Scan indexes go from 0 to one below this. */
#define IIO_MAX_SCAN_INDEX 64

/* How a buffer is about to run. */
struct iio_buffer_setup {
	uint64_t active;    /* bits of scan_index, one of the available masks if there are any */
	uint32_t watermark; /* scans that a reader waits for */
	uint32_t triggered; /* 1: scan() is called for each trigger; 0: the driver pushes */
};

struct iio_dev;

/*
 * What the core does for a driver's device, while it is registered.
 *
 * Threads: all from any, also while the device is being removed and after it:
 * then they do nothing. begin_scan waits for another scan of this device; the
 * others never block.
 */
struct iio_core {
	/* Nanoseconds of the clock that the client chose. */
	int64_t (*now)(const struct iio_dev *dev);
	/* Dropped where nobody listens, or 16 wait already. */
	void (*push_event)(const struct iio_dev *dev, uint64_t code, int64_t timestamp);
	/*
	 * A scan to fill in; -EBUSY: the buffer does not run, -ENOSPC: it is full.
	 * After 0 end_scan must follow, which counts it in, or drops it.
	 */
	int (*begin_scan)(const struct iio_dev *dev, struct iio_scan *scan);
	void (*end_scan)(const struct iio_dev *dev, int64_t timestamp, int keep);
	/* Fires the device's own trigger, whose scan gets this timestamp. */
	void (*fire_trigger)(const struct iio_dev *dev, uint32_t id, int64_t timestamp);
	/*
	 * The part was reset without a failed transfer: before the next call into
	 * the driver it is configured again. A read that says so and then fails is
	 * repeated, and the client does not see its error.
	 */
	void (*doubt)(const struct iio_dev *dev);
};

/*
 * A driver's operations. Null where the driver has none.
 *
 * vals, count: up to IIO_MAX_VALUES numbers, as the returned IIO_VAL_* says.
 * page: IIO_PAGE_SIZE bytes; what is written must not fill it completely.
 */
struct iio_info {
	/* Returns an enum iio_val_type; count is set where that is INT_MULTIPLE. */
	int (*read_raw)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
			int info, int *vals, int *count);
	/* val2: the part behind the point, in the units of the write format. */
	int (*write_raw)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
			 int info, int val, int val2);
	/* Returns the enum iio_val_type that a write is parsed as. */
	int (*write_raw_get_fmt)(const struct iio_dev *dev,
				 const struct iio_chan_spec *chan, int info);
	/*
	 * Fills vals (IIO_MAX_AVAIL numbers) and *count; *range is 1 where they
	 * are {min, step, max}. Returns the enum iio_val_type of each value.
	 */
	int (*read_avail)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
			  int info, int *vals, int *count, int *range);
	/* The three return the bytes written to the page or taken from the text. */
	intptr_t (*read_label)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
			       char *page);
	intptr_t (*read_ext)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
			     const struct iio_ext_info *ext, char *page);
	intptr_t (*write_ext)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
			      const struct iio_ext_info *ext, const char *text,
			      size_t length);
	/* Returns the index of the item in force. */
	int (*read_enum)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
			 const struct iio_ext_info *ext);
	int (*write_enum)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
			  const struct iio_ext_info *ext, unsigned int item);
	/* Returns what the file shows: 0 where it is off, most often 1 where it is on. */
	int (*read_event_config)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
				 uint32_t type, uint32_t dir);
	int (*write_event_config)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
				  uint32_t type, uint32_t dir, int state);
	int (*read_event_value)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
				uint32_t type, uint32_t dir, int info, int *vals);
	int (*write_event_value)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
				 uint32_t type, uint32_t dir, int info, int val, int val2);
	/* As read_ext and write_ext, for the attributes of no channel. */
	intptr_t (*read_attribute)(const struct iio_dev *dev, const struct iio_attribute *attr,
				   char *page);
	intptr_t (*write_attribute)(const struct iio_dev *dev, const struct iio_attribute *attr,
				    const char *text, size_t length);
	/* A triggered buffer runs: takes one sample of the active channels. */
	int (*scan)(const struct iio_dev *dev, struct iio_scan *scan);
	/* The buffer is about to run; after an error it does not. */
	int (*start_buffer)(const struct iio_dev *dev, const struct iio_buffer_setup *setup);
	/* It runs no more, whatever is returned. */
	int (*stop_buffer)(const struct iio_dev *dev);
	/* A reader has not enough: pushes up to so many scans that the chip holds. */
	int (*flush_fifo)(const struct iio_dev *dev, unsigned int most);
	/* The device's own trigger gets its first user, or has lost its last. */
	int (*set_trigger)(const struct iio_dev *dev, uint32_t id, int on);
	/* All users of the trigger have taken their samples. */
	void (*reenable_trigger)(const struct iio_dev *dev, uint32_t id);
	/* The chip's interrupt line had an edge at this time. */
	void (*handle_interrupt)(const struct iio_dev *dev, int64_t timestamp);
	/* debugfs direct_reg_access. */
	int (*read_register)(const struct iio_dev *dev, unsigned int reg, unsigned int *value);
	int (*write_register)(const struct iio_dev *dev, unsigned int reg, unsigned int value);
};

/* Bits of iio_dev.modes. */
#define IIO_MODE_DIRECT 0x1u
#define IIO_MODE_BUFFER_TRIGGERED 0x2u /* a trigger calls scan() */
#define IIO_MODE_BUFFER_SOFTWARE 0x4u  /* the driver pushes scans by itself */

/* A device as its driver describes it. */
struct iio_dev {
	uint32_t abi_version; /* IIO_WRAP_ABI_VERSION */
	uint32_t modes;
	const char *name;
	const struct iio_info *info;
	const struct iio_chan_spec *channels;
	uint32_t num_channels;
	uint32_t one_hot_scan;     /* 1: a scan has one channel at most */
	uint32_t own_trigger_only; /* 1: no other trigger than its own may drive it */
	const struct iio_attribute *attributes;
	uint32_t num_attributes;
	const uint64_t *scan_masks; /* what can be sampled at once, best first; or null */
	uint32_t num_scan_masks;
	const struct iio_trigger_spec *triggers;
	uint32_t num_triggers;
	/* For the log, such as "no magnetometer answers: ..."; null: there is nothing to say. */
	const char *note;
	void *priv; /* the driver's own */
	/* The board's, row by row, by the core; null outside of a chip. */
	const char *mount_matrix[9];

	/*
	 * The registry's. core: null before registration; calls after removal do
	 * nothing. A thread that may run during registration loads it atomically.
	 */
	const struct iio_core *core;
	void *core_priv;
	uint32_t core_calls; /* calls into core that are under way */
};

/* ---- What a driver is given, and what it is ---- */

#define IIO_I2C_READ 0x1u

/* One message of an I2C transaction. */
struct iio_i2c_message {
	uint8_t *data; /* read into, or written from */
	uint32_t length;
	uint32_t flags; /* IIO_I2C_READ, or 0: a write */
};

/* One part of an SPI transaction; bytes go out and come in at the same time. */
struct iio_spi_transfer {
	const uint8_t *out; /* null: zeros go out */
	uint8_t *in;        /* null: what comes in is dropped */
	uint32_t length;
	uint16_t delay_us;  /* to wait after it */
	uint16_t cs_change; /* 1: chip select is released between this and the next */
};

/* The most messages or transfers of one transaction. */
#define IIO_MAX_TRANSFERS 16

enum iio_bus_kind { IIO_BUS_I2C, IIO_BUS_SPI };
enum iio_edge { IIO_EDGE_NONE, IIO_EDGE_RISING, IIO_EDGE_FALLING };

/*
 * What the board gives a chip's driver.
 *
 * Threads: all functions from any. Lifetime: until destroy() has returned.
 * Errors of the transfers: those of I2cClient::transfer (iio/driver/i2c.hpp)
 * and SpiDevice::transfer (iio/driver/spi.hpp); -EOPNOTSUPP: the other bus;
 * -EMSGSIZE: more than IIO_MAX_TRANSFERS.
 */
struct iio_hardware {
	const char *part;        /* one of the driver's parts */
	uint32_t bus;            /* enum iio_bus_kind */
	uint32_t interrupt_edge; /* enum iio_edge that the chip is to make */
	/* One transaction, all of it or an error. */
	int (*i2c_transfer)(const struct iio_hardware *hardware,
			    const struct iio_i2c_message *messages, uint32_t count);
	int (*spi_transfer)(const struct iio_hardware *hardware,
			    const struct iio_spi_transfer *transfers, uint32_t count);
	/* The voltage of a supply in microvolts. */
	int (*supply_microvolts)(const struct iio_hardware *hardware, const char *name);
	/*
	 * Waits at least so long; returns early while the device is being removed,
	 * and then the next transfer fails with -ENODEV.
	 */
	void (*delay)(const struct iio_hardware *hardware, uint64_t nanoseconds);
	const void *core_priv; /* the core's; a C++ driver finds its Hardware there */
	const char *location;  /* as the kernel names it: "1-0040", "spi0.1"; else the part */
};

#define IIO_MAX_ADDRESSES 8
#define IIO_MAX_SUPPLIES 3

/* One part of a driver, as in the kernel's i2c and spi id tables. */
struct iio_part {
	const char *name; /* the kernel's */
	uint8_t addresses[IIO_MAX_ADDRESSES]; /* 7 bits, that its pins can choose */
	uint32_t num_addresses;               /* 0: it is not on I2C */
	uint32_t on_spi;                      /* 1: with the three below */
	uint32_t spi_mode;                    /* 0 to 3 */
	uint32_t spi_speed_hz;                /* 0: the bus's own default */
	uint32_t spi_bits_per_word;
	const char *supplies[IIO_MAX_SUPPLIES]; /* whose voltages matter; null: no more */
	uint32_t num_devices; /* that one chip is: an accelerometer and a gyroscope are 2 */
};

/*
 * A driver of one family of parts.
 *
 * Threads: create, probe, is_configured and destroy of one chip exclude each
 * other and every function of iio_info. Chips are independent of each other.
 *
 * A chip that failed a transfer is asked is_configured(). If it says no, if
 * there is no such function, or if a write was lost, the core calls destroy(),
 * whose transfers fail with -ENODEV before they reach the bus, then create()
 * and probe(); it stores the settings, sets the triggers and starts the buffer
 * as they were.
 */
struct iio_driver {
	uint32_t abi_version; /* IIO_WRAP_ABI_VERSION */
	const char *name;     /* the family's, for people */
	const struct iio_part *parts;
	uint32_t num_parts;
	/*
	 * Makes the driver of a chip; touches no bus. Sets *chip, what the others
	 * are called with. devs: iio_part.num_devices of them, to call the core
	 * with (dev->core); their other members are not yet set, and the array
	 * itself lasts for this call only.
	 */
	int (*create)(const struct iio_hardware *hardware, struct iio_dev *const *devs,
		      void **chip);
	/*
	 * Recognises and configures the chip, and describes its devices: sets info,
	 * channels, modes, priv and whatever else they have in `described`, whose
	 * members are zero and whose name is the part's. The core copies it. After
	 * the first time all but priv must be as before.
	 * Errors: -ENODEV: another chip answers; the bus's.
	 */
	int (*probe)(void *chip, struct iio_dev *described);
	/*
	 * 1: the chip holds what it was told last, 0: it does not. Asks the chip,
	 * by one transfer at least. May be null.
	 */
	int (*is_configured)(void *chip);
	void (*destroy)(void *chip);
};

/*
 * A driver outside of the tree is a shared object that exports its struct
 * iio_driver by this name, which has the ABI version in it.
 */
#define IIO_DRIVER_SYMBOL "iio_driver_v5"
extern const struct iio_driver iio_driver_v5 __attribute__((visibility("default")));

#ifdef __cplusplus
}
#endif
#endif
