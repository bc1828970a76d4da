package downsampling.service;

/** A command whose own options are not read from the environment: what it does is for a person to say, each time. */
public interface SaidEachTime {}
