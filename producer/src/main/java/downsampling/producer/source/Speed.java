package downsampling.producer.source;

import downsampling.service.InvalidSettingException;

/**
 * How much faster to send than at the pace of the source itself.
 *
 * @param factor above 0; infinite for as fast as possible
 */
public record Speed(double factor) {

    /** @throws InvalidSettingException if the factor is not above 0 */
    public Speed {
        if (!(factor > 0)) {
            throw new InvalidSettingException("--speed", factor, NumberOrMax.EXPECTED);
        }
    }

    /** When to send what is due at a time of the source's own pace, both in ns after the start of the run. */
    public long dueNanos(long sourceNanos) {
        return sourceNanos <= 0 ? 0 : (long) (sourceNanos / factor);
    }
}
