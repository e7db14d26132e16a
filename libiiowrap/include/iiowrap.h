/* SPDX-License-Identifier: MIT */
/*
 * iiowrap.h - the C ABI between the IIO core and a driver.
 *
 * The core calls every driver, in the tree or out of it, through the function
 * pointers of one struct iio_info. A driver written in C++ does not fill them
 * in by hand: iio/host/device.hpp does.
 *
 * Threads: every function pointer may be called from several threads at once,
 * from registration until iio_dev is removed from the registry; removal waits
 * for calls in flight. No call is made before registration or after removal.
 * Lifetime: all that is pointed to from iio_dev outlives the registration.
 * Errors: a negative errno value. A driver never returns -ENOSYS to mean
 * "not now"; a missing function is a null pointer.
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
#define IIO_WRAP_ABI_VERSION 2u

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
	IIO_EXT_MOUNT_MATRIX,   /* three rows of mount_matrix */
};

#define IIO_EXT_READ 0x1u
#define IIO_EXT_WRITE 0x2u
/* With IIO_EXT_WRITE: what is written is an order to do something once, and no setting. */
#define IIO_EXT_ORDER 0x4u
/* It is not read, not written, while the device streams: -EBUSY. */
#define IIO_EXT_DIRECT_READ 0x8u
#define IIO_EXT_DIRECT_WRITE 0x10u

/* One attribute beyond the info elements. */
struct iio_ext_info {
	const char *name;
	uint32_t kind;   /* enum iio_ext_kind */
	uint32_t shared; /* enum iio_shared_by */
	uint32_t access; /* IIO_EXT_*; enums and matrices too */
	uint32_t id;     /* the driver's own */
	const char *const *items; /* enums: their names */
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
	/* Sets nine texts, row by row, that live as long as the device. */
	int (*mount_matrix)(const struct iio_dev *dev, const struct iio_chan_spec *chan,
			    const char **entries);
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
	void *priv; /* the driver's own */

	/*
	 * The registry's. core: null before registration; calls after removal do
	 * nothing. A thread that may run during registration loads it atomically.
	 */
	const struct iio_core *core;
	void *core_priv;
	uint32_t core_calls; /* calls into core that are under way */
};

#ifdef __cplusplus
}
#endif
#endif
